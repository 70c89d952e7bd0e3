/*
 * What any thread of JavaScript asks of the pool for values. It does not call Dragon itself: the lane of values does, and the thread
 * waits for it no longer than it says, since its alternative (memfd) is as good. And what a descriptor of a pool's file means: the lock
 * that its holder has on a value, and, as its position, which value that is.
 */
#include "dragon.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Leaves it to the lane whether somebody still reads the value. */
static void end_value(int64_t number) {
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL) return;
  job->run = run_value_end;
  job->done = free_job;
  job->numbers[0] = number;
  add_job(&values_lane, job);
}

static void give_back(int fd) {
  int64_t number = lseek(fd, 0, SEEK_CUR);
  close(fd);
  end_value(number);
}

static void on_room(struct job *job) {
  int awaited = AWAITED;
  if (atomic_compare_exchange_strong(&job->state, &awaited, DONE)) {
    syscall(SYS_futex, &job->state, FUTEX_WAKE, 1, NULL, NULL, 0); /* an address: it may be freed already */
    return;
  }
  if (job->code == 0) give_back((int)job->number);
  free_job(job);
}

/* False if it has not come in time: then the lane gives it back. */
static bool wait_for(struct job *job, int64_t ms) {
  int64_t end = now_ns() + ms * 1000000;
  for (int64_t left; (left = end - now_ns()) > 0 && atomic_load(&job->state) == AWAITED;) {
    const struct timespec time = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    syscall(SYS_futex, &job->state, FUTEX_WAIT, AWAITED, &time, NULL, 0);
  }
  int awaited = AWAITED;
  return !atomic_compare_exchange_strong(&job->state, &awaited, UNWANTED);
}

static napi_value room_value(napi_env env, const struct job *job) {
  napi_value room, buffer;
  void *copy;
  if (napi_create_array(env, &room) != napi_ok) return NULL;
  if (napi_create_arraybuffer(env, job->data_bytes, &copy, &buffer) != napi_ok) return NULL;
  memcpy(copy, job->data, job->data_bytes);
  napi_set_element(env, room, 0, integer_value(env, job->number));
  napi_set_element(env, room, 1, buffer);
  return room;
}

/* (bytes, milliseconds) A descriptor that holds a new value, and what `run_value_new` tells of it; null if the pool has no room, or not in time. */
static napi_value value_room(napi_env env, napi_callback_info info) {
  int64_t integers[2];
  napi_value room = NULL;
  if (!read_integers(env, info, 2, integers)) return NULL;
  struct job *job = atomic_load(&has_value_pool) ? calloc(1, sizeof *job) : NULL;
  if (job != NULL) {
    job->run = run_value_new;
    job->done = on_room;
    job->numbers[0] = integers[0];
    add_job(&values_lane, job);
    if (wait_for(job, integers[1])) {
      if (job->code == 0) room = room_value(env, job);
      free_job(job);
    }
  }
  if (room == NULL) napi_get_null(env, &room);
  return room;
}

/* (descriptor, offset, number) Holds a value for as long as this descriptor is open, or a map of it. */
static napi_value value_hold(napi_env env, napi_callback_info info) {
  int64_t integers[3];
  if (!read_integers(env, info, 3, integers)) return NULL;
  return system_result(env, hold_value((int)integers[0], integers[1], integers[2]));
}

/* (descriptor) Which value it holds. */
static napi_value value_held(napi_env env, napi_callback_info info) {
  int64_t fd;
  if (!read_integers(env, info, 1, &fd)) return NULL;
  return system_result(env, lseek((int)fd, 0, SEEK_CUR));
}

/* (descriptor, offset, bytes) Takes the pages from the system now: one that is missing when it is written to would end the process. */
static napi_value value_pages(napi_env env, napi_callback_info info) {
  int64_t integers[3];
  if (!read_integers(env, info, 3, integers)) return NULL;
  return system_result(env, fallocate((int)integers[0], 0, integers[1], integers[2]));
}

/* (number) Frees the value unless somebody holds it; -1: those that somebody held then, and nobody does now. */
static napi_value value_end(napi_env env, napi_callback_info info) {
  int64_t number;
  if (!read_integers(env, info, 1, &number)) return NULL;
  if (values_lane.started) end_value(number);
  return NULL;
}

/* () From now on there is no room, whatever the lane does. */
static napi_value value_stop(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  atomic_store(&has_value_pool, false);
  return NULL;
}

void register_rooms(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"valueRoom", value_room},   {"valueHold", value_hold}, {"valueHeld", value_held},
      {"valuePages", value_pages}, {"valueEnd", value_end},   {"valueStop", value_stop},
  };
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
