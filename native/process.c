/* What the system can do for, and to, processes: end with the parent, orphans, cores, exact signals, a last word. */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More cores than any kernel is built for; a smaller set makes sched_getaffinity fail on large machines. */
#define MOST_CORES 16384
/* How long whoever reads standard error may leave its pipe full. */
#define READ_MS 1000

/* Of the process, which ends once: set by its main thread alone. */
static char *last_words;

/* (signal) This process gets the signal when the thread that started it ends. It survives an exec. 0 takes it back. */
static napi_value set_parent_death_signal(napi_env env, napi_callback_info info) {
  int64_t signal;
  if (!read_integers(env, info, 1, &signal)) return NULL;
  return system_result(env, prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0));
}

/* (1 or 0) What descendants leave behind as orphans become children of this process. */
static napi_value set_child_subreaper(napi_env env, napi_callback_info info) {
  int64_t on;
  if (!read_integers(env, info, 1, &on)) return NULL;
  return system_result(env, prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)on, 0, 0, 0));
}

static napi_value cores_of(napi_env env, const cpu_set_t *set, size_t bytes) {
  napi_value cores;
  uint32_t count = 0;
  if (napi_create_array(env, &cores) != napi_ok) return NULL;
  for (size_t core = 0; core < MOST_CORES; core++) {
    if (CPU_ISSET_S(core, bytes, set)) napi_set_element(env, cores, count++, integer_value(env, (int64_t)core));
  }
  return cores;
}

/* (pid or 0) The cores that a process may use, as numbers. */
static napi_value get_affinity(napi_env env, napi_callback_info info) {
  int64_t pid;
  if (!read_integers(env, info, 1, &pid)) return NULL;
  size_t bytes = CPU_ALLOC_SIZE(MOST_CORES);
  cpu_set_t *set = calloc(1, bytes);
  if (set == NULL) return integer_value(env, -ENOMEM);
  napi_value result = sched_getaffinity((pid_t)pid, bytes, set) == 0 ? cores_of(env, set, bytes) : system_result(env, -1);
  free(set);
  return result;
}

static bool read_cores(napi_env env, napi_value list, cpu_set_t *set, size_t bytes) {
  uint32_t count;
  if (napi_get_array_length(env, list, &count) != napi_ok) return wrong_call(env, "the cores are no array"), false;
  for (uint32_t i = 0; i < count; i++) {
    napi_value element;
    int64_t core;
    if (napi_get_element(env, list, i, &element) != napi_ok || !read_integer(env, element, &core)) return false;
    if (core < 0 || core >= MOST_CORES) return wrong_call(env, "there is no such core"), false;
    CPU_SET_S((size_t)core, bytes, set);
  }
  return true;
}

/* (pid or 0, cores) Binds a process to cores: that thread of it which has the same number, and all that it starts from then on. */
static napi_value set_affinity(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int64_t pid;
  if (!read_arguments(env, info, 2, arguments) || !read_integer(env, arguments[0], &pid)) return NULL;
  size_t bytes = CPU_ALLOC_SIZE(MOST_CORES);
  cpu_set_t *set = calloc(1, bytes);
  if (set == NULL) return integer_value(env, -ENOMEM);
  napi_value result = NULL;
  if (read_cores(env, arguments[1], set, bytes)) result = system_result(env, sched_setaffinity((pid_t)pid, bytes, set));
  free(set);
  return result;
}

/* (pid) A descriptor that stands for this one process, even when its number has gone to another. */
static napi_value pidfd_open(napi_env env, napi_callback_info info) {
  int64_t pid;
  if (!read_integers(env, info, 1, &pid)) return NULL;
  return system_result(env, syscall(SYS_pidfd_open, (pid_t)pid, 0));
}

/* (descriptor, signal) */
static napi_value pidfd_send_signal(napi_env env, napi_callback_info info) {
  int64_t integers[2];
  if (!read_integers(env, info, 2, integers)) return NULL;
  return system_result(env, syscall(SYS_pidfd_send_signal, (int)integers[0], (int)integers[1], NULL, 0));
}

/* (descriptor, 1 or 0) Whether it is closed in what this process becomes, or starts. */
static napi_value set_close_on_exec(napi_env env, napi_callback_info info) {
  int64_t integers[2];
  if (!read_integers(env, info, 2, integers)) return NULL;
  return system_result(env, fcntl((int)integers[0], F_SETFD, integers[1] != 0 ? FD_CLOEXEC : 0));
}

static void say_last_words(void) {
  size_t left = strlen(last_words);
  for (const char *at = last_words; left > 0;) {
    ssize_t written = write(STDERR_FILENO, at, left);
    if (written < 0 && errno == EINTR) continue;
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (written < 0 && (errno != EAGAIN || poll(&room, 1, READ_MS) <= 0)) return;
    if (written < 0) continue;
    at += written;
    left -= (size_t)written;
  }
}

/* (text) Goes to standard error when the process exits, behind all that Node.js has to say of an error that nobody caught. */
static napi_value set_last_words(napi_env env, napi_callback_info info) {
  napi_value text;
  size_t length;
  if (!read_arguments(env, info, 1, &text)) return NULL;
  if (napi_get_value_string_utf8(env, text, NULL, 0, &length) != napi_ok) return wrong_call(env, "the text is none");
  char *words = malloc(length + 1);
  if (words == NULL) return integer_value(env, -ENOMEM);
  napi_get_value_string_utf8(env, text, words, length + 1, &length);
  char *before = last_words;
  last_words = words;
  if (before == NULL && atexit(say_last_words) != 0) return integer_value(env, -ENOMEM);
  free(before);
  return integer_value(env, 0);
}

void register_process(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"setParentDeathSignal", set_parent_death_signal},
      {"setChildSubreaper", set_child_subreaper},
      {"getAffinity", get_affinity},
      {"setAffinity", set_affinity},
      {"pidfdOpen", pidfd_open},
      {"pidfdSendSignal", pidfd_send_signal},
      {"setCloseOnExec", set_close_on_exec},
      {"setLastWords", set_last_words},
  };
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
