/* What JavaScript calls. A job's outcome comes back through the function that was given to `dragonOpen`, with the job's id. */
#include "dragon.h"

#include <stdlib.h>
#include <string.h>

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static bool is_open;
static opaque attachment;

static struct timespec duration(int64_t ms) {
  return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

/* bytes: token, ending in a zero. numbers: timeout in milliseconds. The result is what the runtime answered, where it did. */
static void run_attach(struct job *job) {
  int answer = 0;
  struct timespec timeout = duration(job->numbers[0]);
  if (dragon.ext_attach == NULL) return failed(job, "This version of Dragon cannot be attached to: it needs 0.15 or later");
  const char *token = job->lengths[0] > 1 ? (const char *)job->bytes[0] : NULL;
  succeeded(job, dragon.ext_attach(token, &timeout, &answer, &attachment));
  explicit_bzero(job->bytes[0], job->lengths[0]);
  job->number = answer;
}

static void run_detach(struct job *job) {
  int answer = 0;
  struct timespec timeout = duration(job->numbers[0]);
  succeeded(job, dragon.ext_detach(&attachment, &timeout, &answer));
}

/* Asks the runtime's service on this node for something that is not there: any answer shows that it lives. */
static void run_ask(struct job *job) {
  char *value = NULL;
  struct timespec timeout = duration(job->numbers[0]);
  int code = dragon.ls_get_kv((const unsigned char *)"rolecall", &value, &timeout);
  free(value);
  if (code == dragon.code.NOT_FOUND) code = 0;
  succeeded(job, code);
}

static const struct {
  const char *name;
  void (*run)(struct job *job);
  struct lane *lane;
} kinds[] = {
    {"attach", run_attach, &values_lane},        {"detach", run_detach, &values_lane},
    {"ask", run_ask, &values_lane},              {"poolNew", run_pool_new, &values_lane},
    {"poolEnd", run_pool_end, &values_lane},     {"inboxNew", run_inbox_new, &messages_lane},
    {"inboxEnd", run_inbox_end, &messages_lane}, {"peerNew", run_peer_new, &messages_lane},
    {"peerEnd", run_peer_end, &messages_lane},   {"valuePool", run_value_pool, &values_lane},
    {"valueLocate", run_value_locate, &values_lane}, {"valueDetach", run_value_detach, &values_lane},
};

/* (path, events) Null, or why not. Only one thread of JavaScript can have it in a process, and it loads one library for good. */
static napi_value dragon_open(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  char path[4096];
  if (!read_arguments(env, info, 2, arguments)) return NULL;
  if (napi_get_value_string_utf8(env, arguments[0], path, sizeof path, NULL) != napi_ok) return wrong_call(env, "the path is no string");
  pthread_mutex_lock(&opening);
  char *why = is_open ? strdup("another thread of this process uses it") : load_dragon(path);
  if (why == NULL && open_deliveries(env, arguments[1]) != napi_ok) why = strdup("the function for events cannot be used");
  if (why == NULL) is_open = true;
  pthread_mutex_unlock(&opening);
  if (why == NULL || napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &result) != napi_ok) napi_get_null(env, &result);
  free(why);
  return result;
}

static bool read_numbers(napi_env env, napi_value list, struct job *job) {
  uint32_t count = 0;
  napi_get_array_length(env, list, &count);
  for (uint32_t i = 0; i < count && i < 4; i++) {
    napi_value element;
    if (napi_get_element(env, list, i, &element) != napi_ok || !read_integer(env, element, &job->numbers[i])) return false;
  }
  return true;
}

static void read_bytes(napi_env env, napi_value list, struct job *job) {
  uint32_t count = 0;
  napi_get_array_length(env, list, &count);
  for (uint32_t i = 0; i < count && i < 2; i++) {
    napi_value element;
    void *start = NULL;
    napi_get_element(env, list, i, &element);
    napi_get_typedarray_info(env, element, NULL, &job->lengths[i], &start, NULL, NULL);
    job->bytes[i] = malloc(job->lengths[i] + 1);
    if (job->lengths[i] > 0) memcpy(job->bytes[i], start, job->lengths[i]);
  }
}

/* (kind, id, numbers, bytes, source) Bytes are copied; the source must stay until the job is done. */
static napi_value dragon_job(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  int64_t kind, id;
  if (!read_arguments(env, info, 5, arguments) || !read_integer(env, arguments[0], &kind)) return NULL;
  if (!read_integer(env, arguments[1], &id)) return NULL;
  if (!is_open || kind < 0 || kind >= (int64_t)(sizeof kinds / sizeof *kinds)) return wrong_call(env, "there is no such job");
  struct job *job = calloc(1, sizeof *job);
  job->id = (double)id;
  job->run = kinds[kind].run;
  if (!read_numbers(env, arguments[2], job)) return free(job), NULL;
  read_bytes(env, arguments[3], job);
  void *source = NULL;
  if (napi_get_typedarray_info(env, arguments[4], NULL, &job->source_bytes, &source, NULL, NULL) == napi_ok) job->source = source;
  expect_job(env);
  add_job(kinds[kind].lane, job);
  return NULL;
}

void register_dragon(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"dragonOpen", dragon_open},   {"dragonJob", dragon_job},   {"dragonExpect", expect_peer},
      {"dragonForget", forget_peer}, {"dragonSend", send_packet}, {"dragonAcked", packets_acked},
      {"dragonGiveUp", give_up_jobs},
  };
  napi_value names;
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
  register_rooms(env, exports);
  register_stuck(env, exports);
  if (napi_create_array(env, &names) != napi_ok) return;
  for (uint32_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    napi_value name;
    napi_create_string_utf8(env, kinds[i].name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, i, name);
  }
  napi_set_named_property(env, exports, "dragonKinds", names);
}
