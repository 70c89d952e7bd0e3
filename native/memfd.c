/*
 * Memory that has a descriptor but no name: the system frees it with the last process that holds it, so that nothing can be left
 * behind. Once sealed, nobody can change it any more, neither its maker nor who opened it through /proc/<pid>/fd.
 */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int new_memfd(void) {
  const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create("rolecall", flags | MFD_NOEXEC_SEAL); /* some systems allow no other */
  return fd == -1 && errno == EINVAL ? memfd_create("rolecall", flags) : fd; /* and Linux before 6.3 does not know it */
}

/* (bytes) A descriptor of memory of that size, all zero, which takes no room yet. */
static napi_value memfd_new(napi_env env, napi_callback_info info) {
  int64_t size;
  if (!read_integers(env, info, 1, &size)) return NULL;
  int fd = new_memfd();
  if (fd == -1 || ftruncate(fd, (off_t)size) == 0) return system_result(env, fd);
  napi_value failure = system_result(env, -1);
  close(fd);
  return failure;
}

/* (descriptor) From here on it cannot change, in content or size. EBUSY while a shared mapping of it is there. */
static napi_value memfd_seal(napi_env env, napi_callback_info info) {
  int64_t fd;
  if (!read_integers(env, info, 1, &fd)) return NULL;
  return system_result(env, fcntl((int)fd, F_ADD_SEALS, SEALS));
}

/* (descriptor) 1 if it is sealed in every respect, else 0; -EINVAL if it is something that has no seals. */
static napi_value memfd_is_sealed(napi_env env, napi_callback_info info) {
  int64_t fd;
  if (!read_integers(env, info, 1, &fd)) return NULL;
  int seals = fcntl((int)fd, F_GET_SEALS);
  return system_result(env, seals == -1 ? -1 : (seals & SEALS) == SEALS);
}

/* (descriptor) Closes one that was made here: in a thread, Node.js warns of those that it has not opened itself. */
static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  int64_t fd;
  if (!read_integers(env, info, 1, &fd)) return NULL;
  return system_result(env, close((int)fd));
}

/* Belongs to an ArrayBuffer, which may be unmapped in two ways: by `unmap`, or when it is collected or its thread ends. */
struct mapping {
  void *start; /* NULL: it is unmapped */
  size_t bytes;
};

static void unmap_if_mapped(struct mapping *mapping) {
  if (mapping->start != NULL) munmap(mapping->start, mapping->bytes);
  mapping->start = NULL;
}

static void on_collected(napi_env env, void *start, void *hint) {
  (void)env, (void)start;
  struct mapping *mapping = hint;
  unmap_if_mapped(mapping);
  free(mapping);
}

/* The mapping without the bytes before `skip`. */
static napi_value buffer_of(napi_env env, struct mapping *mapping, size_t skip) {
  napi_value buffer;
  uint8_t *start = (uint8_t *)mapping->start + skip;
  if (napi_create_external_arraybuffer(env, start, mapping->bytes - skip, on_collected, mapping, &buffer) != napi_ok) {
    on_collected(env, NULL, mapping);
    return integer_value(env, -ENOMEM);
  }
  napi_wrap(env, buffer, mapping, NULL, NULL, NULL);
  return buffer;
}

/* The position of a descriptor may mean something (dragon-rooms.c). */
static int64_t size_of(int fd) {
  struct statx stat;
  return statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &stat) == 0 ? (int64_t)stat.stx_size : -1;
}

static napi_value map(napi_env env, int fd, int64_t bytes, int64_t offset, int sharing) {
  size_t skip = (size_t)offset % (size_t)sysconf(_SC_PAGESIZE);
  /* A page beyond the end can be mapped but not touched: that raises SIGBUS. */
  if (bytes < 0 || offset < 0 || size_of(fd) - offset < bytes) return integer_value(env, -EINVAL);
  struct mapping *mapping = malloc(sizeof *mapping);
  if (mapping == NULL) return integer_value(env, -ENOMEM);
  mapping->bytes = (size_t)bytes + skip;
  mapping->start = mmap(NULL, mapping->bytes, PROT_READ | PROT_WRITE, sharing, fd, (off_t)((size_t)offset - skip));
  if (mapping->start != MAP_FAILED) {
    /* A program that is being started is a copy of this process for a moment, and with a shared map in it the memory cannot be sealed. */
    if (sharing == MAP_SHARED) madvise(mapping->start, mapping->bytes, MADV_DONTFORK);
    return buffer_of(env, mapping, skip);
  }
  free(mapping);
  return system_result(env, -1);
}

/* (descriptor, bytes, offset) An ArrayBuffer that is the memory itself: to fill it, before it is sealed. */
static napi_value map_shared(napi_env env, napi_callback_info info) {
  int64_t integers[3];
  if (!read_integers(env, info, 3, integers)) return NULL;
  return map(env, (int)integers[0], integers[1], integers[2], MAP_SHARED);
}

/* (descriptor, bytes, offset) An ArrayBuffer that shows the memory; what is written to it goes to copies of the pages and is seen nowhere else. */
static napi_value map_private(napi_env env, napi_callback_info info) {
  int64_t integers[3];
  if (!read_integers(env, info, 3, integers)) return NULL;
  return map(env, (int)integers[0], integers[1], integers[2], MAP_PRIVATE);
}

/* (buffer) Detaches a buffer that was mapped here and gives its addresses back. -EINVAL if it is none, or is detached already. */
static napi_value unmap(napi_env env, napi_callback_info info) {
  napi_value buffer;
  bool is_buffer = false, is_detached = false;
  void *wrapped = NULL;
  if (!read_arguments(env, info, 1, &buffer)) return NULL;
  napi_is_arraybuffer(env, buffer, &is_buffer);
  if (!is_buffer) return integer_value(env, -EINVAL);
  /* One that was detached by others may have its memory in another buffer by now: then it is unmapped with that one. */
  napi_is_detached_arraybuffer(env, buffer, &is_detached);
  if (is_detached || napi_remove_wrap(env, buffer, &wrapped) != napi_ok) return integer_value(env, -EINVAL);
  struct mapping *mapping = wrapped;
  struct mapping gone = *mapping;
  mapping->start = NULL; /* before the buffer is detached, which may free it */
  if (napi_detach_arraybuffer(env, buffer) != napi_ok) return integer_value(env, -EINVAL);
  return system_result(env, munmap(gone.start, gone.bytes));
}

void register_memfd(napi_env env, napi_value exports) {
  static const struct function functions[] = {
      {"memfdNew", memfd_new},    {"memfdSeal", memfd_seal},    {"memfdIsSealed", memfd_is_sealed},
      {"mapShared", map_shared},  {"mapPrivate", map_private},  {"unmap", unmap},
      {"closeDescriptor", close_descriptor},
  };
  export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
