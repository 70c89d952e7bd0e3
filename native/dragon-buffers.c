/*
 * Memory for packets that come in. Memory that the system has only just given costs more than to copy a packet into it, so that of large
 * packets is kept for the next ones once JavaScript has let go of it; and freed when no more come.
 */
#include "dragon-messages.h"

#include <stddef.h>
#include <stdlib.h>

#define LARGE_BYTES (64 << 10)
#define MOST_KEPT 64
#define MOST_KEPT_BYTES (64 << 20)

/* Stands before the memory, which begins at a multiple of what any type needs. */
union prefix {
  size_t bytes;
  max_align_t aligned;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static union prefix *kept[MOST_KEPT];
static int kept_count;
static size_t kept_bytes;

static union prefix *take_kept(size_t bytes) {
  union prefix *found = NULL;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < kept_count && found == NULL; i++) {
    if (kept[i]->bytes < bytes || kept[i]->bytes / 2 > bytes) continue;
    found = kept[i];
    kept[i] = kept[--kept_count];
    kept_bytes -= found->bytes;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

uint8_t *buffer_new(size_t bytes) {
  union prefix *buffer = bytes < LARGE_BYTES ? NULL : take_kept(bytes);
  if (buffer == NULL) {
    buffer = malloc(sizeof *buffer + bytes);
    if (buffer == NULL) return NULL;
    buffer->bytes = bytes;
  }
  return (uint8_t *)(buffer + 1);
}

void buffer_free(uint8_t *data) {
  if (data == NULL) return;
  union prefix *buffer = (union prefix *)data - 1;
  pthread_mutex_lock(&lock);
  bool keep = buffer->bytes >= LARGE_BYTES && kept_count < MOST_KEPT && kept_bytes + buffer->bytes <= MOST_KEPT_BYTES;
  if (keep) {
    kept[kept_count++] = buffer;
    kept_bytes += buffer->bytes;
  }
  pthread_mutex_unlock(&lock);
  if (!keep) free(buffer);
}

void free_kept_buffers(void) {
  pthread_mutex_lock(&lock);
  while (kept_count > 0) free(kept[--kept_count]);
  kept_bytes = 0;
  pthread_mutex_unlock(&lock);
}
