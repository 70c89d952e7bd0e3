/* What the threads of Dragon have for JavaScript, in one queue, so that it arrives in the order in which it came about. */
#include "dragon-messages.h"

#include <stdlib.h>
#include <string.h>

/* So much may lie here before the receiving thread waits; the channel fills then, and its senders wait. */
#define MOST_BYTES (64 << 20)
/* A smaller packet is copied once more: a buffer of one's own for memory from outside costs more than that. */
#define COPY_BYTES 4096

static struct {
  pthread_mutex_t lock;
  pthread_cond_t room;
  napi_threadsafe_function wake; /* null once its thread has ended: then all is thrown away */
  napi_ref events;
  struct delivery *first, **last;
  size_t bytes;
  int expected_jobs;
  bool is_given_up; /* the event loop waits for no job any more */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER, .last = &queue.first};

static void free_delivery(struct delivery *delivery) {
  if (delivery->job != NULL) free_job(delivery->job);
  if (delivery->kind == PACKET) buffer_free(delivery->data);
  else free(delivery->data);
  free(delivery);
}

void deliver(struct delivery *delivery) {
  pthread_mutex_lock(&queue.lock);
  if (queue.wake == NULL) {
    pthread_mutex_unlock(&queue.lock);
    return free_delivery(delivery);
  }
  bool was_empty = queue.first == NULL;
  *queue.last = delivery;
  queue.last = &delivery->next;
  queue.bytes += delivery->bytes;
  if (was_empty) napi_call_threadsafe_function(queue.wake, NULL, napi_tsfn_nonblocking);
  pthread_mutex_unlock(&queue.lock);
}

void wait_for_room(void) {
  pthread_mutex_lock(&queue.lock);
  while (queue.bytes > MOST_BYTES && queue.wake != NULL) pthread_cond_wait(&queue.room, &queue.lock);
  pthread_mutex_unlock(&queue.lock);
}

static struct delivery *take_all(void) {
  pthread_mutex_lock(&queue.lock);
  struct delivery *first = queue.first;
  queue.first = NULL;
  queue.last = &queue.first;
  queue.bytes = 0;
  pthread_cond_broadcast(&queue.room);
  pthread_mutex_unlock(&queue.lock);
  return first;
}

static void free_memory(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

static void free_packet(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  buffer_free(data);
}

/* Takes over the memory of the delivery, or copies it. */
static napi_value buffer_of(napi_env env, uint8_t **data, size_t bytes, napi_finalize end) {
  napi_value buffer = NULL;
  if (bytes > COPY_BYTES && napi_create_external_arraybuffer(env, *data, bytes, end, NULL, &buffer) == napi_ok) {
    *data = NULL;
    return buffer;
  }
  void *copy;
  if (napi_create_arraybuffer(env, bytes, &copy, &buffer) == napi_ok && bytes > 0) memcpy(copy, *data, bytes);
  return buffer;
}

static napi_value text_or_null(napi_env env, const char *text) {
  napi_value value;
  if (text == NULL || napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) != napi_ok) napi_get_null(env, &value);
  return value;
}

/* The name of a code; an empty one for what is not Dragon's doing. Null for success. */
static napi_value code_name(napi_env env, int code) {
  return text_or_null(env, code == 0 ? NULL : code < 0 ? "" : dragon.get_rc_string(code));
}

static napi_value number_value(napi_env env, double number) {
  napi_value value = NULL;
  napi_create_double(env, number, &value);
  return value;
}

static size_t arguments_of(napi_env env, struct delivery *delivery, napi_value *arguments) {
  size_t count = 0;
  arguments[count++] = number_value(env, delivery->kind);
  struct job *job = delivery->job;
  if (job != NULL) {
    arguments[count++] = number_value(env, job->id);
    arguments[count++] = code_name(env, job->code);
    arguments[count++] = text_or_null(env, job->text);
    arguments[count++] = number_value(env, (double)job->number);
    arguments[count++] = buffer_of(env, &job->data, job->data_bytes, free_memory);
    return count;
  }
  for (int i = 0; i < 3; i++) arguments[count++] = number_value(env, delivery->numbers[i]);
  if (delivery->kind == PACKET) {
    arguments[count++] = buffer_of(env, &delivery->data, delivery->bytes, free_packet);
    arguments[count++] = number_value(env, delivery->numbers[3]);
  } else {
    arguments[count++] = code_name(env, delivery->code);
    arguments[count++] = text_or_null(env, (char *)delivery->data);
  }
  return count;
}

static void hand_over(napi_env env, napi_value events, struct delivery *delivery) {
  napi_handle_scope scope;
  napi_value receiver, arguments[6];
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (delivery->job != NULL && --queue.expected_jobs == 0 && !queue.is_given_up) napi_unref_threadsafe_function(env, queue.wake);
  napi_get_undefined(env, &receiver);
  size_t count = arguments_of(env, delivery, arguments);
  napi_call_function(env, receiver, events, count, arguments, NULL); /* it never throws */
  napi_close_handle_scope(env, scope);
}

static void on_wake(napi_env env, napi_value function, void *context, void *data) {
  (void)function, (void)context, (void)data;
  struct delivery *delivery = take_all();
  napi_value events = NULL;
  if (env != NULL) napi_get_reference_value(env, queue.events, &events);
  while (delivery != NULL) {
    struct delivery *next = delivery->next;
    if (events != NULL) hand_over(env, events, delivery);
    free_delivery(delivery);
    delivery = next;
  }
}

/* The thread of JavaScript ends: the others may go on until the process does, but nobody listens to them. */
static void close_deliveries(void *data) {
  (void)data;
  pthread_mutex_lock(&queue.lock);
  napi_threadsafe_function wake = queue.wake;
  queue.wake = NULL;
  pthread_cond_broadcast(&queue.room);
  pthread_mutex_unlock(&queue.lock);
  if (wake != NULL) napi_release_threadsafe_function(wake, napi_tsfn_abort);
}

napi_status open_deliveries(napi_env env, napi_value events) {
  napi_value name;
  napi_threadsafe_function wake;
  napi_status status = napi_create_reference(env, events, 1, &queue.events);
  if (status == napi_ok) status = napi_create_string_utf8(env, "rolecall dragon", NAPI_AUTO_LENGTH, &name);
  if (status == napi_ok)
    status = napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, on_wake, &wake);
  if (status != napi_ok) return status;
  napi_unref_threadsafe_function(env, wake);
  napi_add_env_cleanup_hook(env, close_deliveries, NULL);
  queue.wake = wake;
  return napi_ok;
}

void expect_job(napi_env env) {
  if (queue.expected_jobs++ == 0 && !queue.is_given_up) napi_ref_threadsafe_function(env, queue.wake);
}

/* () Some jobs may never be done: from here on none keeps the event loop alive. */
napi_value give_up_jobs(napi_env env, napi_callback_info info) {
  (void)info;
  if (!queue.is_given_up && queue.expected_jobs > 0) napi_unref_threadsafe_function(env, queue.wake);
  queue.is_given_up = true;
  return NULL;
}
