/*
 * Pools of this process's own, and values in one of them that others on the node read in place. Whoever reads a value holds a lock of
 * the system's on its first byte in the file of the pool, by an open descriptor or a map of it: such a lock ends with its holder,
 * however that ends. So a value is freed when nobody has one any more, and what was read cannot become another value meanwhile.
 */
#include "dragon.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_POOLS 4
#define MOST_ATTACHED 64

static struct {
  bool used;
  opaque pool;
} pools[MOST_POOLS];

opaque *pool_at(int64_t number) {
  return number < 0 || number >= MOST_POOLS || !pools[number].used ? NULL : &pools[number].pool;
}

/* The name of the pool's file, or null if Dragon does not say it. */
static char *file_of(struct job *job, const void *pool, uint64_t *uid) {
  struct serial serial;
  char *file = NULL;
  if (!succeeded(job, dragon.memory_pool_serialize(&serial, pool))) return NULL;
  if (!succeeded(job, dragon.memory_pool_get_uid_fname(&serial, uid, &file))) file = NULL;
  dragon.memory_pool_serial_free(&serial);
  return file;
}

/* A number, and bytes behind it. */
static void give_numbered(struct job *job, uint64_t number, const void *bytes, size_t length) {
  uint8_t both[sizeof number + 4096];
  if (length > sizeof both - sizeof number) return failed(job, "What Dragon says is too long");
  memcpy(both, &number, sizeof number);
  memcpy(both + sizeof number, bytes, length);
  give_data(job, both, sizeof number + length);
}

/* bytes: name. numbers: size. The result is the pool's number; data is the name of its file. */
void run_pool_new(struct job *job) {
  int64_t number = 0;
  char name[64] = {0};
  while (number < MOST_POOLS && pools[number].used) number++;
  if (number == MOST_POOLS || job->lengths[0] >= sizeof name) return failed(job, "There is no room for another pool");
  memcpy(name, job->bytes[0], job->lengths[0]);
  opaque *pool = &pools[number].pool;
  if (!succeeded(job, dragon.memory_pool_create(pool, (size_t)job->numbers[0], name, new_uid(), NULL))) return;
  pools[number].used = true;
  job->number = number;
  char *file = file_of(job, pool, &(uint64_t){0});
  if (file != NULL) give_data(job, file, strlen(file));
  free(file);
}

#define SLOT_BITS 20

/* In memory of the pool for values. Its number is its slot with a generation in front, and never used again. */
struct value {
  opaque memory;
  int64_t number, offset;
  size_t bytes;
  bool is_read; /* given up, but read by somebody: in the list of these */
  struct value *next_read;
};

static struct value **values, *first_read;
static int64_t value_count, first_free = -1, generation;
static int64_t *next_free;
static opaque *value_pool;
static int value_file = -1;
atomic_bool has_value_pool;

static int64_t new_number(void) {
  int64_t slot = first_free;
  if (slot >= 0) first_free = next_free[slot];
  else if (value_count == 1 << SLOT_BITS) return -1;
  else {
    if ((value_count & (value_count - 1)) == 0) { /* full at each power of two */
      size_t room = value_count == 0 ? 1 : (size_t)value_count * 2;
      struct value **more = realloc(values, room * sizeof *values);
      if (more == NULL) return -1;
      values = more;
      int64_t *more_free = realloc(next_free, room * sizeof *next_free);
      if (more_free == NULL) return -1;
      next_free = more_free;
    }
    slot = value_count++;
  }
  return ++generation << SLOT_BITS | slot;
}

static int64_t slot_of(int64_t number) {
  return number & ((1 << SLOT_BITS) - 1);
}

static struct value *value_at(int64_t number) {
  int64_t slot = slot_of(number);
  if (number < 0 || slot >= value_count || values[slot] == NULL || values[slot]->number != number) return NULL;
  return values[slot];
}

static void forget_value(struct value *value) {
  int64_t slot = slot_of(value->number);
  values[slot] = NULL;
  next_free[slot] = first_free;
  first_free = slot;
  free(value);
}

static bool set_lock(const struct value *value, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = value->offset, .l_len = 1};
  return fcntl(value_file, F_OFD_SETLK, &lock) == 0;
}

/* Before Dragon may use the memory for something else, its pages go back to the system, and with them what proves the value. */
static bool free_unless_read(struct value *value) {
  if (!set_lock(value, F_WRLCK)) return false;
  fallocate(value_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, value->offset, (off_t)value->bytes);
  dragon.memory_free(&value->memory);
  set_lock(value, F_UNLCK);
  forget_value(value);
  return true;
}

static void free_what_was_read(void) {
  for (struct value **link = &first_read, *value; (value = *link) != NULL;) {
    struct value *next = value->next_read;
    if (free_unless_read(value)) *link = next;
    else link = &value->next_read;
  }
}

/* numbers: value; or -1, for those that were still read when they were given up. Frees it if nobody reads it. */
void run_value_end(struct job *job) {
  struct value *value = value_at(job->numbers[0]);
  if (value_file < 0) return;
  if (value != NULL && !value->is_read && !free_unless_read(value)) {
    value->is_read = true;
    value->next_read = first_read;
    first_read = value;
  } else free_what_was_read();
}

/* numbers: pool, a descriptor of its memory's file. Values go there from now on; -1: nowhere, and a descriptor only with a pool. */
void run_value_pool(struct job *job) {
  opaque *pool = pool_at(job->numbers[0]);
  if (pool != NULL) value_file = (int)job->numbers[1];
  value_pool = pool;
  atomic_store(&has_value_pool, pool != NULL);
}

/* The values in a pool are gone with it. */
static void forget_values(const opaque *pool) {
  if (pool != value_pool) return;
  atomic_store(&has_value_pool, false);
  for (int64_t slot = 0; slot < value_count; slot++)
    if (values[slot] != NULL) forget_value(values[slot]);
  first_read = NULL;
  value_pool = NULL;
  value_file = -1;
}

static int alloc_value(struct value *value, size_t bytes) {
  int code = dragon.memory_alloc(&value->memory, value_pool, bytes);
  if (code == 0 || !means_full(code) || first_read == NULL) return code;
  free_what_was_read();
  return dragon.memory_alloc(&value->memory, value_pool, bytes);
}

/* Data is where it begins in the pool's memory (8 bytes), then its descriptor. */
static bool describe(struct job *job, struct value *value) {
  void *start, *base;
  struct serial serial;
  if (!succeeded(job, dragon.memory_get_pointer(&value->memory, &start))) return false;
  if (!succeeded(job, dragon.memory_pool_get_pointer(value_pool, &base))) return false;
  if (!succeeded(job, dragon.memory_serialize(&serial, &value->memory))) return false;
  value->offset = (uint8_t *)start - (uint8_t *)base;
  give_numbered(job, (uint64_t)value->offset, serial.data, serial.length);
  dragon.memory_serial_free(&serial);
  return true;
}

int hold_value(int fd, int64_t offset, int64_t number) {
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 && lseek(fd, number, SEEK_SET) != -1 ? 0 : -1;
}

/* A descriptor of its own for a value. */
static int open_value(const struct value *value) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", value_file);
  int fd = value->number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd == -1 || hold_value(fd, value->offset, value->number) == 0) return fd;
  close(fd);
  return -1;
}

/* numbers: bytes. Memory in the pool for values, to be filled by whoever asked. The result is a descriptor that holds it. */
void run_value_new(struct job *job) {
  if (value_pool == NULL) return failed(job, "There is no pool for values");
  struct value *value = calloc(1, sizeof *value);
  value->bytes = (size_t)job->numbers[0];
  if (!succeeded(job, alloc_value(value, value->bytes))) return free(value);
  value->number = describe(job, value) ? new_number() : -1;
  job->number = open_value(value);
  if (job->number >= 0) {
    values[slot_of(value->number)] = value;
    return;
  }
  dragon.memory_free(&value->memory);
  if (value->number >= 0) forget_value(value);
  else free(value);
  failed(job, "There is no room for another value, or no descriptor");
}

void run_pool_end(struct job *job) {
  opaque *pool = pool_at(job->numbers[0]);
  if (pool == NULL) return;
  forget_values(pool);
  pools[job->numbers[0]].used = false;
  succeeded(job, dragon.memory_pool_destroy(pool));
}

/* Pools of others, which stay attached: to attach one anew takes longer than all else. */
static struct {
  uint64_t uid;
  opaque pool;
} attached[MOST_ATTACHED];
static int attached_count;

/* They are kept in memory otherwise, though their owners may have gone. */
void run_value_detach(struct job *job) {
  (void)job;
  while (attached_count > 0) dragon.memory_pool_detach(&attached[--attached_count].pool);
}

/* Takes over the pool; Dragon counts how often it is attached, and once is enough. */
static void keep_attached(uint64_t uid, opaque *pool) {
  for (int i = 0; i < attached_count; i++) {
    if (attached[i].uid != uid) continue;
    dragon.memory_pool_detach(pool);
    return;
  }
  if (attached_count == MOST_ATTACHED) run_value_detach(NULL);
  attached[attached_count].uid = uid;
  attached[attached_count++].pool = *pool;
}

/* bytes: a value's descriptor. The result is where it begins in its pool's memory; data is the size (8 bytes), then the file's name. */
void run_value_locate(struct job *job) {
  opaque memory, pool;
  void *start, *base;
  size_t bytes;
  char *file;
  uint64_t uid;
  if (!succeeded(job, dragon.memory_attach(&memory, &(struct serial){job->lengths[0], job->bytes[0]}))) return;
  if (succeeded(job, dragon.memory_get_pointer(&memory, &start)) && succeeded(job, dragon.memory_get_size(&memory, &bytes)) &&
      succeeded(job, dragon.memory_get_pool(&memory, &pool)) && succeeded(job, dragon.memory_pool_get_pointer(&pool, &base)) &&
      (file = file_of(job, &pool, &uid)) != NULL) {
    keep_attached(uid, &pool);
    give_numbered(job, bytes, file, strlen(file));
    job->number = (uint8_t *)start - (uint8_t *)base;
    free(file);
  }
  dragon.memory_detach(&memory);
}
