/*
 * What the files about Dragon share. Calls into Dragon can block, some for good if a process was killed at the wrong time. So the
 * thread of JavaScript never makes one: it leaves jobs to a lane (a thread with a queue), and what comes of them, or over
 * channels, goes back as deliveries. Every thread says since when it has been inside Dragon, so that a stuck one is noticed.
 */
#pragma once

#include "addon.h"
#include "dragon-library.h"

#include <pthread.h>
#include <stdatomic.h>

/* A core that sleeps takes some 40 µs to wake. Where one message follows the other so soon, threads stay awake for it. */
#define SOON_NS 600000

/* dragon-lane.c */

struct job {
  struct job *next;
  void (*run)(struct job *job); /* returns its outcome in the fields below */
  double id;
  int64_t numbers[4];
  uint8_t *bytes[2]; /* copies of the arguments */
  size_t lengths[2];
  const void *source; /* memory of JavaScript that stays until the job is done */
  size_t source_bytes;

  int code;      /* of Dragon; 0 is success, -1 a failure outside Dragon */
  char *text;    /* with another code: Dragon's own words */
  int64_t number;
  uint8_t *data;
  size_t data_bytes;

  void (*done)(struct job *job); /* takes it over, on the lane; null: it is delivered */
  atomic_int state;              /* for `done`: one of the following */
};

enum { AWAITED, UNWANTED, DONE };

void free_job(struct job *job);

/* Ends a job with what a call returned. True if that was success. */
bool succeeded(struct job *job, int code);
/* Ends a job for a reason that is none of Dragon's. */
void failed(struct job *job, const char *why);
void give_data(struct job *job, const void *data, size_t bytes);

struct lane {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct job *first, **last;
  bool poked, started;
  atomic_uint calls;    /* for more work */
  bool is_conversation; /* the last call came soon */
  /* What else this thread does; true if something is left that has to be tried again soon. */
  bool (*pump)(void);
  atomic_llong inside_since; /* milliseconds; 0: it is not inside Dragon */
  atomic_int thread;
};

extern struct lane messages_lane, values_lane;

void add_job(struct lane *lane, struct job *job);
/* Wakes a lane, behind its lock, on which it would wait at once. */
void call(struct lane *lane);
/* Lets a lane look for what its pump has to do. */
void poke(struct lane *lane);
bool start_thread(void *(*main)(void *), void *argument);

/* A call into Dragon, or several, by the thread that this counter belongs to. */
#define INSIDE(since, call) (atomic_store(&(since), now_ms()), (call))
#define OUTSIDE(since) atomic_store(&(since), 0)

/* dragon-stuck.c */

/* To be called by each thread that is inside Dragon at times. */
void register_thread(atomic_int *thread);
void register_stuck(napi_env env, napi_value exports);

/* dragon-deliveries.c */

struct delivery {
  struct delivery *next;
  enum { JOB_DONE, PACKET, PEER_FAILED, INBOX_FAILED } kind;
  struct job *job;
  double numbers[4];
  uint8_t *data; /* of a packet; or, of a failure, Dragon's words */
  size_t bytes;
  int code;
};

napi_status open_deliveries(napi_env env, napi_value events);
/* The event loop stays alive for jobs, not for packets. To be called on the thread of JavaScript. */
void expect_job(napi_env env);
napi_value give_up_jobs(napi_env env, napi_callback_info info);
void deliver(struct delivery *delivery);
/* Waits while JavaScript is far behind with packets. */
void wait_for_room(void);

/* dragon-messages.c */

extern atomic_llong receiver_inside_since;
extern atomic_int receiver_thread;

void run_inbox_new(struct job *job);
void run_inbox_end(struct job *job);
void run_peer_new(struct job *job);
void run_peer_end(struct job *job);
/* Frees all that is to be sent to anybody. */
void end_peers(void);
bool pump_messages(void);
napi_value expect_peer(napi_env env, napi_callback_info info);
napi_value forget_peer(napi_env env, napi_callback_info info);
napi_value send_packet(napi_env env, napi_callback_info info);
napi_value packets_acked(napi_env env, napi_callback_info info);

/* dragon-values.c */

opaque *pool_at(int64_t number);
void run_pool_new(struct job *job);
void run_pool_end(struct job *job);
void run_value_new(struct job *job);
void run_value_end(struct job *job);
void run_value_pool(struct job *job);
void run_value_locate(struct job *job);
void run_value_detach(struct job *job);
/* Lets a descriptor of the pool's file hold a value. -1 with errno if that is being freed. */
int hold_value(int fd, int64_t offset, int64_t number);
extern atomic_bool has_value_pool;

/* dragon-rooms.c */

void register_rooms(napi_env env, napi_value exports);
