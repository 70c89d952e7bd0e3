/* What the sending and the receiving side of messages share. */
#pragma once

#include "dragon.h"

#define TOKEN_BYTES 16

/* Stands before the payload of each message. What follows is looked at only if the token is one that was given out. */
struct header {
  uint64_t magic;
  uint32_t connection; /* by which the receiver finds the token */
  uint32_t unused;
  uint8_t token[TOKEN_BYTES];
  uint64_t sequence;
  uint64_t acknowledged;
  uint64_t sent_ns; /* on the clock that all processes of a node share */
  uint64_t reserved;
};

#define MAGIC 0x3167617264636c72ULL

/* In memory of the receiver that senders on the node see as well: they wake it without a system call if it is awake. */
struct bell {
  _Atomic uint32_t rings;
  _Atomic uint32_t waiting;
};

#define MOST_CONNECTIONS 65536

/* dragon-buffers.c */

/* Null if there is no memory. */
uint8_t *buffer_new(size_t bytes);
void buffer_free(uint8_t *data);
void free_kept_buffers(void);
