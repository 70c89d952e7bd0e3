/*
 * Threads that can never go on: they wait for a lock whose owner was killed, and keep a core busy with that; or they have touched memory
 * in a file system that is full, which would end the process. Such a thread is stopped where it is, for good: what it holds of Dragon
 * cannot be used any more, and whoever asks for the state of the threads learns that.
 */
#include "dragon.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 3

static atomic_llong *const since[THREADS] = {&messages_lane.inside_since, &values_lane.inside_since, &receiver_inside_since};
static atomic_int *const threads[THREADS] = {&messages_lane.thread, &values_lane.thread, &receiver_thread};
static atomic_bool is_out_of_memory;
static struct sigaction other; /* who had the signal before */

static int own_number(void) {
  return (int)syscall(SYS_gettid);
}

/* For a signal that nobody else uses. */
static void stand_still(int signal) {
  (void)signal;
  for (;;) pause();
}

static void on_missing_page(int signal, siginfo_t *info, void *context) {
  int own = own_number();
  for (int i = 0; i < THREADS; i++) {
    if (own != atomic_load(threads[i])) continue;
    atomic_store(&is_out_of_memory, true);
    stand_still(signal);
  }
  if ((other.sa_flags & SA_SIGINFO) != 0) other.sa_sigaction(signal, info, context);
  else if (other.sa_handler != SIG_DFL && other.sa_handler != SIG_IGN) other.sa_handler(signal);
  else sigaction(signal, &other, NULL); /* it is raised again, and ends the process */
}

void register_thread(atomic_int *thread) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static bool is_guarded;
  struct sigaction action = {.sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO | SA_NODEFER};
  atomic_store(thread, own_number());
  pthread_mutex_lock(&lock);
  if (!is_guarded) is_guarded = sigaction(SIGBUS, &action, &other) == 0;
  pthread_mutex_unlock(&lock);
}

/*
 * () For how many milliseconds the lane of messages, the lane of values and the receiving thread have been inside Dragon; and 1 if one of
 * them was stopped because there was no memory, else 0.
 */
static napi_value dragon_inside(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value list;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (uint32_t i = 0; i < THREADS; i++) {
    int64_t start = atomic_load(since[i]);
    napi_set_element(env, list, i, integer_value(env, start == 0 ? 0 : now_ms() - start));
  }
  napi_set_element(env, list, THREADS, integer_value(env, atomic_load(&is_out_of_memory)));
  return list;
}

/* (milliseconds) Stops each thread that has been inside Dragon for so long. */
static napi_value dragon_park(napi_env env, napi_callback_info info) {
  int64_t patience;
  if (!read_integers(env, info, 1, &patience)) return NULL;
  const int parking = SIGRTMAX - 3;
  struct sigaction action = {.sa_handler = stand_still};
  sigfillset(&action.sa_mask);
  sigaction(parking, &action, NULL);
  for (int i = 0; i < THREADS; i++) {
    int64_t start = atomic_load(since[i]);
    if (start != 0 && now_ms() - start >= patience) syscall(SYS_tgkill, getpid(), atomic_load(threads[i]), parking);
  }
  return NULL;
}

void register_stuck(napi_env env, napi_value exports) {
  static const struct function functions[] = {{"dragonInside", dragon_inside}, {"dragonPark", dragon_park}};
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
