/* Pools of this process's own, and values in them that others on the node read in place. */
#include "dragon.h"

#include <stdlib.h>
#include <string.h>

#define MOST_POOLS 4

static struct {
  bool used;
  opaque pool;
} pools[MOST_POOLS];

static opaque **values;
static int64_t value_count, first_free = -1;
static int64_t *next_free;

opaque *pool_at(int64_t number) {
  return number < 0 || number >= MOST_POOLS || !pools[number].used ? NULL : &pools[number].pool;
}

static bool give_file(struct job *job, const void *pool) {
  struct serial serial;
  uint64_t uid;
  char *file = NULL;
  if (!succeeded(job, dragon.memory_pool_serialize(&serial, pool))) return false;
  if (succeeded(job, dragon.memory_pool_get_uid_fname(&serial, &uid, &file))) {
    give_data(job, file, strlen(file));
    free(file);
  }
  dragon.memory_pool_serial_free(&serial);
  return job->code == 0;
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
  give_file(job, pool);
}

void run_pool_end(struct job *job) {
  opaque *pool = pool_at(job->numbers[0]);
  if (pool == NULL) return;
  pools[job->numbers[0]].used = false;
  succeeded(job, dragon.memory_pool_destroy(pool));
}

static int64_t new_number(void) {
  if (first_free >= 0) {
    int64_t number = first_free;
    first_free = next_free[number];
    return number;
  }
  if ((value_count & (value_count - 1)) == 0) { /* full at each power of two */
    size_t room = value_count == 0 ? 1 : (size_t)value_count * 2;
    opaque **more = realloc(values, room * sizeof *values);
    if (more == NULL) return -1;
    values = more;
    int64_t *more_free = realloc(next_free, room * sizeof *next_free);
    if (more_free == NULL) return -1;
    next_free = more_free;
  }
  return value_count++;
}

static void free_number(int64_t number) {
  values[number] = NULL;
  next_free[number] = first_free;
  first_free = number;
}

static bool store(struct job *job, opaque *memory, opaque *pool) {
  void *start;
  struct serial serial;
  size_t bytes = job->source_bytes > 0 ? job->source_bytes : 1;
  if (!succeeded(job, dragon.memory_alloc(memory, pool, bytes))) return false;
  if (succeeded(job, dragon.memory_get_pointer(memory, &start))) {
    memcpy(start, job->source, job->source_bytes);
    if (succeeded(job, dragon.memory_serialize(&serial, memory))) {
      give_data(job, serial.data, serial.length);
      dragon.memory_serial_free(&serial);
      return true;
    }
  }
  dragon.memory_free(memory);
  return false;
}

/* numbers: pool. source: the bytes. The result is the value's number; data is its descriptor. */
void run_value_new(struct job *job) {
  opaque *pool = pool_at(job->numbers[0]), *memory = malloc(sizeof *memory);
  if (pool == NULL || memory == NULL) return free(memory), failed(job, "There is no such pool");
  if (!store(job, memory, pool)) return free(memory);
  int64_t number = new_number();
  if (number < 0) {
    dragon.memory_free(memory);
    return free(memory), failed(job, "There is no memory for another value");
  }
  values[number] = memory;
  job->number = number;
}

/* numbers: value */
void run_value_end(struct job *job) {
  int64_t number = job->numbers[0];
  if (number < 0 || number >= value_count || values[number] == NULL) return;
  succeeded(job, dragon.memory_free(values[number]));
  free(values[number]);
  free_number(number);
}

/* bytes: a value's descriptor. The result is where it begins in its pool's memory; data is the size (8 bytes), then the file's name. */
void run_value_locate(struct job *job) {
  opaque memory, pool;
  void *start, *base;
  size_t bytes;
  if (!succeeded(job, dragon.memory_attach(&memory, &(struct serial){job->lengths[0], job->bytes[0]}))) return;
  if (succeeded(job, dragon.memory_get_pointer(&memory, &start)) && succeeded(job, dragon.memory_get_size(&memory, &bytes)) &&
      succeeded(job, dragon.memory_get_pool(&memory, &pool)) && succeeded(job, dragon.memory_pool_get_pointer(&pool, &base)) &&
      give_file(job, &pool)) {
    uint8_t *with_size = realloc(job->data, job->data_bytes + sizeof(uint64_t));
    memmove(with_size + sizeof(uint64_t), with_size, job->data_bytes);
    memcpy(with_size, &(uint64_t){bytes}, sizeof(uint64_t));
    job->data = with_size;
    job->data_bytes += sizeof(uint64_t);
    job->number = (uint8_t *)start - (uint8_t *)base;
  }
  dragon.memory_detach(&memory);
}
