/* What is used of libdragon. It is loaded at run time; its structures differ between versions, so here they are room enough. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Any opaque structure of Dragon's: the largest that a version has takes 208 bytes. */
typedef union {
  uint8_t bytes[512];
  uint64_t aligned;
} opaque;

/* A serialized descriptor, as all versions lay it out. */
struct serial {
  size_t length;
  uint8_t *data;
};

/* Fields of attributes that all versions have at the same place. The others are filled in by Dragon's own *_attr_init. */
enum { CHANNEL_BLOCK_BYTES = 8, CHANNEL_CAPACITY = 16 };

/* The memory stays the sender's: who receives may read it in place until the sender is told. Not an address. */
#define NO_COPY_READ_ONLY ((void *)2)

/* name, result, arguments */
#define DRAGON_FUNCTIONS(_)                                                             \
  _(get_rc_string, const char *, (int))                                                 \
  _(getlasterrstr, char *, (void))                                                      \
  _(ls_get_kv, int, (const unsigned char *, char **, const struct timespec *))          \
  _(memory_pool_create, int, (void *, size_t, const char *, uint64_t, const void *))    \
  _(memory_pool_destroy, int, (void *))                                                 \
  _(memory_pool_detach, int, (void *))                                                  \
  _(memory_pool_serialize, int, (struct serial *, const void *))                        \
  _(memory_pool_serial_free, int, (struct serial *))                                    \
  _(memory_pool_get_uid_fname, int, (const struct serial *, uint64_t *, char **))       \
  _(memory_pool_get_pointer, int, (const void *, void **))                              \
  _(memory_get_pool, int, (const void *, void *))                                       \
  _(memory_alloc, int, (void *, const void *, size_t))                                  \
  _(memory_free, int, (void *))                                                         \
  _(memory_get_pointer, int, (const void *, void **))                                   \
  _(memory_get_size, int, (const void *, size_t *))                                     \
  _(memory_serialize, int, (struct serial *, const void *))                             \
  _(memory_serial_free, int, (struct serial *))                                         \
  _(memory_attach, int, (void *, const struct serial *))                                \
  _(memory_detach, int, (void *))                                                       \
  _(channel_attr_init, int, (void *))                                                   \
  _(channel_create, int, (void *, uint64_t, void *, const void *))                      \
  _(channel_destroy, int, (void *))                                                     \
  _(channel_serialize, int, (const void *, struct serial *))                            \
  _(channel_serial_free, int, (struct serial *))                                        \
  _(channel_attach, int, (const struct serial *, void *))                               \
  _(channel_detach, int, (void *))                                                      \
  _(channel_is_local, bool, (const void *))                                             \
  _(channel_send_attr_init, int, (void *))                                              \
  _(channel_recv_attr_init, int, (void *))                                              \
  _(channel_sendh, int, (const void *, void *, const void *))                           \
  _(channel_recvh, int, (const void *, void *, const void *))                           \
  _(chsend_open, int, (void *))                                                         \
  _(chsend_close, int, (void *))                                                        \
  _(chsend_send_msg, int, (const void *, const void *, void *, const struct timespec *)) \
  _(chrecv_open, int, (void *))                                                         \
  _(chrecv_close, int, (void *))                                                        \
  _(chrecv_get_msg, int, (const void *, void *))                                        \
  _(chrecv_get_msg_blocking, int, (const void *, void *, const struct timespec *))      \
  _(channel_message_init, int, (void *, void *, const void *))                          \
  _(channel_message_get_mem, int, (const void *, void *))                               \
  _(channel_message_destroy, int, (void *, bool))

/* Codes are numbered anew in each version; these are looked up by name. -1 where a version does not have one. */
#define DRAGON_CODES(_)          \
  _(CHANNEL_EMPTY)               \
  _(CHANNEL_FULL)                \
  _(TIMEOUT)                     \
  _(EAGAIN)                      \
  _(NOT_FOUND)                   \
  _(MEMORY_POOL_FULL)            \
  _(OUT_OF_SPACE)                \
  _(DYNHEAP_REQUESTED_SIZE_TOO_LARGE) \
  _(DYNHEAP_REQUESTED_SIZE_NOT_AVAILABLE)

#define DECLARE_FUNCTION(name, result, arguments) result(*name) arguments;
#define DECLARE_CODE(name) int name;
struct library {
  DRAGON_FUNCTIONS(DECLARE_FUNCTION)
  /* Since 0.15; null before. */
  int (*ext_attach)(const char *, const struct timespec *, int *, void *);
  int (*ext_detach)(void *, const struct timespec *, int *);
  struct {
    DRAGON_CODES(DECLARE_CODE)
  } code;
};
#undef DECLARE_FUNCTION
#undef DECLARE_CODE

/* Of the whole process, as libdragon itself is. */
extern struct library dragon;

/* Null, or why the library cannot be used, in memory of the caller's to free. */
char *load_dragon(const char *path);

/* True if the code says that there is no room for now. */
bool means_full(int code);

/* A number that no other pool or channel has: from the range that Dragon leaves to users. */
uint64_t new_uid(void);

int64_t now_ns(void);
int64_t now_ms(void);
