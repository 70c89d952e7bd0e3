#include "dragon.h"
#include "old-glibc.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* How soon what could not be done is tried again. */
#define AGAIN_NS 100000

struct lane messages_lane = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .pump = pump_messages};
struct lane values_lane = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

bool succeeded(struct job *job, int code) {
  job->code = code;
  if (code == 0) return true;
  free(job->text);
  job->text = dragon.getlasterrstr();
  return false;
}

void failed(struct job *job, const char *why) {
  job->code = -1;
  job->text = strdup(why);
}

void give_data(struct job *job, const void *data, size_t bytes) {
  job->data = malloc(bytes);
  if (job->data == NULL) return;
  memcpy(job->data, data, bytes);
  job->data_bytes = bytes;
}

void free_job(struct job *job) {
  free(job->bytes[0]);
  free(job->bytes[1]);
  free(job->text);
  free(job->data);
  free(job);
}

static void run_job(struct lane *lane, struct job *job) {
  INSIDE(lane->inside_since, job->run(job));
  OUTSIDE(lane->inside_since);
  if (job->done != NULL) return job->done(job);
  struct delivery *done = calloc(1, sizeof *done);
  done->kind = JOB_DONE;
  done->job = job;
  deliver(done);
}

static struct job *take_job(struct lane *lane) {
  struct job *job = lane->first;
  if (job == NULL) return NULL;
  lane->first = job->next;
  if (lane->first == NULL) lane->last = &lane->first;
  return job;
}

/* The lock is held, and held again at the end. */
static void wait_for_call(struct lane *lane) {
  uint32_t heard = atomic_load(&lane->calls);
  int64_t start = now_ns();
  if (lane->is_conversation) {
    pthread_mutex_unlock(&lane->lock);
    while (atomic_load(&lane->calls) == heard && now_ns() - start < SOON_NS) sched_yield(); /* whoever else wants the core has it */
    pthread_mutex_lock(&lane->lock);
  }
  if (atomic_load(&lane->calls) != heard) return;
  pthread_cond_wait(&lane->wake, &lane->lock);
  lane->is_conversation = now_ns() - start < SOON_NS;
}

/* The same. */
static void wait_for_work(struct lane *lane, bool again) {
  if (!again) return wait_for_call(lane);
  pthread_mutex_unlock(&lane->lock);
  nanosleep(&(struct timespec){.tv_nsec = AGAIN_NS}, NULL);
  pthread_mutex_lock(&lane->lock);
}

static void *lane_main(void *argument) {
  struct lane *lane = argument;
  bool again = false;
  register_thread(&lane->thread);
  pthread_mutex_lock(&lane->lock);
  for (;;) {
    struct job *job = take_job(lane);
    if (job == NULL && !lane->poked) wait_for_work(lane, again);
    lane->poked = false;
    pthread_mutex_unlock(&lane->lock);
    if (job != NULL) run_job(lane, job);
    if (lane->pump != NULL) again = lane->pump();
    pthread_mutex_lock(&lane->lock);
  }
  return NULL;
}

bool start_thread(void *(*main)(void *), void *argument) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  bool started = pthread_create(&thread, &attributes, main, argument) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

void call(struct lane *lane) {
  atomic_fetch_add(&lane->calls, 1);
  pthread_cond_signal(&lane->wake);
}

void add_job(struct lane *lane, struct job *job) {
  pthread_mutex_lock(&lane->lock);
  if (lane->last == NULL) lane->last = &lane->first;
  *lane->last = job;
  lane->last = &job->next;
  if (!lane->started) lane->started = start_thread(lane_main, lane);
  pthread_mutex_unlock(&lane->lock);
  call(lane);
}

void poke(struct lane *lane) {
  pthread_mutex_lock(&lane->lock);
  lane->poked = true;
  pthread_mutex_unlock(&lane->lock);
  call(lane);
}
