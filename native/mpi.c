/*
 * MPI, for one thing alone: to hand some bytes from one rank to all. The library is loaded when it is asked for and never linked, so
 * that one binary serves all: Open MPI, whose handles are pointers, and the MPICH family (Intel MPI, Cray MPICH, MVAPICH), whose
 * handles are numbers. MPI exists once in a process; so, unlike the rest of the addon, this has variables, and must be called from one
 * thread only. Every function of MPI returns its error code, 0 being success.
 */
#include "addon.h"
#include "old-glibc.h"

#include <limits.h>
#include <string.h>
#include <time.h>

/* How long to sleep between two looks at whether a broadcast is done: MPI's own waiting keeps a core busy. */
#define LOOK_AGAIN_NS 1000000L

/* Node.js has threads, but one alone calls MPI: that is MPI_THREAD_FUNNELED, the same number in both. */
#define THREAD_FUNNELED 1
/* MPICH's numbers are part of its ABI, which all of its family keep. */
#define MPICH_COMM_WORLD 0x44000000
#define MPICH_BYTE 0x4c00010d
#define MPICH_ERRORS_RETURN 0x54000001
#define MPICH_STATUS_IGNORE ((void *)1)
#define ERROR_TEXT_BYTES 1024

enum family { NONE, OPEN_MPI, MPICH };

static enum family family = NONE;
static void *library = NULL;
static struct {
  void *comm_world, *byte, *errors_return;
} open_mpi; /* addresses of Open MPI's objects, which are its handles */

static struct {
  int (*init_thread)(int *, char ***, int, int *);
  int (*finalize)(void);
  int (*error_string)(int, char *, int *);
  void *comm_rank, *comm_size, *comm_set_errhandler, *ibcast, *barrier, *test;
} mpi;

static bool find_functions(void) {
  const struct {
    const char *name;
    void *target;
  } functions[] = {
      {"MPI_Init_thread", &mpi.init_thread},
      {"MPI_Finalize", &mpi.finalize},
      {"MPI_Error_string", &mpi.error_string},
      {"MPI_Comm_rank", &mpi.comm_rank},
      {"MPI_Comm_size", &mpi.comm_size},
      {"MPI_Comm_set_errhandler", &mpi.comm_set_errhandler},
      {"MPI_Ibcast", &mpi.ibcast},
      {"MPI_Barrier", &mpi.barrier},
      {"MPI_Test", &mpi.test},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(library, functions[i].name);
    if (function == NULL) return false;
    memcpy(functions[i].target, &function, sizeof function);
  }
  return true;
}

/* By its symbols, since libmpi.so.12 may be of either family. */
static enum family family_of_library(void) {
  open_mpi.comm_world = dlsym(library, "ompi_mpi_comm_world");
  open_mpi.byte = dlsym(library, "ompi_mpi_byte");
  open_mpi.errors_return = dlsym(library, "ompi_mpi_errors_return");
  if (!find_functions()) return NONE;
  if (open_mpi.comm_world == NULL) return dlsym(library, "MPIR_Dup_fn") == NULL ? NONE : MPICH;
  return open_mpi.byte == NULL || open_mpi.errors_return == NULL ? NONE : OPEN_MPI;
}

static napi_value text_value(napi_env env, const char *text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

/*
 * (name or path, wanted family or "") Loads a library: "openmpi", "mpich", or, behind an exclamation mark, why it cannot be used. One
 * that is not wanted is let go again.
 */
static napi_value mpi_open(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  char name[PATH_MAX + 1] = "!", wanted[16];
  if (!read_arguments(env, info, 2, arguments)) return NULL;
  if (napi_get_value_string_utf8(env, arguments[0], name + 1, sizeof name - 1, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[1], wanted, sizeof wanted, NULL) != napi_ok)
    return wrong_call(env, "the name of a library, or of its family, is no text");
  if (library != NULL) return text_value(env, "!one is loaded already");
  library = dlopen(name + 1, RTLD_NOW | RTLD_GLOBAL); /* plugins of Open MPI look for its symbols among the global ones */
  if (library == NULL) {
    const char *error = dlerror();
    strncpy(name + 1, error == NULL ? "unknown error" : error, sizeof name - 2);
    return text_value(env, name);
  }
  family = family_of_library();
  const char *found = family == OPEN_MPI ? "openmpi" : "mpich";
  if (family != NONE && (wanted[0] == '\0' || strcmp(wanted, found) == 0)) return text_value(env, found);
  const bool is_other = family != NONE;
  dlclose(library);
  library = NULL;
  family = NONE;
  return text_value(env, is_other ? "!it is of the other family" : "!it is neither Open MPI nor of the MPICH family");
}

/* The handles are pointers in one family and numbers in the other, so each call with a handle is written twice. */

static int set_errors_return(void) {
  if (family == OPEN_MPI)
    return ((int (*)(void *, void *))mpi.comm_set_errhandler)(open_mpi.comm_world, open_mpi.errors_return);
  return ((int (*)(int, int))mpi.comm_set_errhandler)(MPICH_COMM_WORLD, MPICH_ERRORS_RETURN);
}

static int ask_comm(void *function, int *answer) {
  if (family == OPEN_MPI) return ((int (*)(void *, int *))function)(open_mpi.comm_world, answer);
  return ((int (*)(int, int *))function)(MPICH_COMM_WORLD, answer);
}

static int start_broadcast(void *bytes, int count, int root, void *request) {
  if (family == OPEN_MPI)
    return ((int (*)(void *, int, void *, int, void *, void *))mpi.ibcast)(bytes, count, open_mpi.byte, root, open_mpi.comm_world, request);
  return ((int (*)(void *, int, int, int, int, void *))mpi.ibcast)(bytes, count, MPICH_BYTE, root, MPICH_COMM_WORLD, request);
}

static int broadcast(void *bytes, int count, int root) {
  void *request = NULL; /* room for either kind of handle */
  int done = 0;
  int error = start_broadcast(bytes, count, root, &request);
  while (error == 0) {
    error = ((int (*)(void *, int *, void *))mpi.test)(&request, &done, family == OPEN_MPI ? NULL : MPICH_STATUS_IGNORE);
    if (error != 0 || done) break;
    nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_NS}, NULL);
  }
  return error;
}

static bool is_open(napi_env env) {
  return library != NULL || (wrong_call(env, "no MPI library is loaded"), false);
}

/* () Starts MPI. Only where a launcher of this library has started the process: else it may end it, or say that it is alone. */
static napi_value mpi_init(napi_env env, napi_callback_info info) {
  (void)info;
  if (!is_open(env)) return NULL;
  int granted;
  int error = mpi.init_thread(NULL, NULL, THREAD_FUNNELED, &granted);
  return integer_value(env, error != 0 ? error : set_errors_return());
}

static napi_value ask(napi_env env, void *function) {
  if (!is_open(env)) return NULL;
  int answer = -1;
  return integer_value(env, ask_comm(function, &answer) == 0 ? answer : -1);
}

/* () This process among all of MPI_COMM_WORLD; -1 if MPI does not say. */
static napi_value mpi_rank(napi_env env, napi_callback_info info) {
  (void)info;
  return ask(env, mpi.comm_rank);
}

/* () The number of all; -1 if MPI does not say. */
static napi_value mpi_size(napi_env env, napi_callback_info info) {
  (void)info;
  return ask(env, mpi.comm_size);
}

/* (ArrayBuffer, root) On the root its bytes go to all others; on these they are overwritten. Sleeps until it is done. */
static napi_value mpi_broadcast(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int64_t root;
  void *bytes;
  size_t count;
  if (!read_arguments(env, info, 2, arguments) || !read_integer(env, arguments[1], &root) || !is_open(env)) return NULL;
  if (napi_get_arraybuffer_info(env, arguments[0], &bytes, &count) != napi_ok) return wrong_call(env, "it is no ArrayBuffer");
  if (count > INT_MAX) return wrong_call(env, "that is too much for one broadcast");
  return integer_value(env, broadcast(bytes, (int)count, (int)root));
}

/* () Waits until all are here. */
static napi_value mpi_barrier(napi_env env, napi_callback_info info) {
  (void)info;
  if (!is_open(env)) return NULL;
  int error = family == OPEN_MPI ? ((int (*)(void *))mpi.barrier)(open_mpi.comm_world)
                                 : ((int (*)(int))mpi.barrier)(MPICH_COMM_WORLD);
  return integer_value(env, error);
}

/* () Ends MPI, for good: it cannot be started again in this process. */
static napi_value mpi_finalize(napi_env env, napi_callback_info info) {
  (void)info;
  return is_open(env) ? integer_value(env, mpi.finalize()) : NULL;
}

/* (error code) What MPI says about it. */
static napi_value mpi_error_text(napi_env env, napi_callback_info info) {
  int64_t code;
  int length = 0;
  char text[ERROR_TEXT_BYTES + 1] = "";
  if (!read_integers(env, info, 1, &code) || !is_open(env)) return NULL;
  if (mpi.error_string((int)code, text, &length) != 0) text[0] = '\0';
  return text_value(env, text);
}

void register_mpi(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"mpiOpen", mpi_open},           {"mpiInit", mpi_init},       {"mpiRank", mpi_rank},
      {"mpiSize", mpi_size},           {"mpiBroadcast", mpi_broadcast}, {"mpiBarrier", mpi_barrier},
      {"mpiFinalize", mpi_finalize},   {"mpiErrorText", mpi_error_text},
  };
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
