#include "dragon-library.h"
#include "old-glibc.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

struct library dragon;

/* Beyond the last code Dragon itself says so; this is only against a version that does not. */
#define MOST_CODES 1000
#define FIRST_USER_UID ((uint64_t)1 << 54)

static int code_of(const char *name) {
  for (int code = 0; code < MOST_CODES; code++) {
    const char *found = dragon.get_rc_string(code);
    if (found == NULL || strcmp(found, "DRAGON_BAD_RETURN_CODE") == 0) break;
    if (strcmp(found, name) == 0) return code;
  }
  return -1;
}

static char *missing(const char *path, const char *symbol) {
  char *text = NULL;
  if (asprintf(&text, "%s has no function %s, so it is of a version that is not supported", path, symbol) < 0) return NULL;
  return text;
}

char *load_dragon(const char *path) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* local: it brings symbols of Cap'n Proto along */
  if (handle == NULL) return strdup(dlerror());
#define LOOK_UP(name, result, arguments)                                 \
  *(void **)&dragon.name = dlsym(handle, "dragon_" #name);               \
  if (dragon.name == NULL) return missing(path, "dragon_" #name);
  DRAGON_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
  *(void **)&dragon.ext_attach = dlsym(handle, "dragon_ext_attach");
  *(void **)&dragon.ext_detach = dlsym(handle, "dragon_ext_detach");
#define LOOK_UP(name) dragon.code.name = code_of("DRAGON_" #name);
  DRAGON_CODES(LOOK_UP)
#undef LOOK_UP
  return NULL;
}

bool means_full(int code) {
  return code == dragon.code.CHANNEL_FULL || code == dragon.code.TIMEOUT || code == dragon.code.EAGAIN ||
         code == dragon.code.MEMORY_POOL_FULL || code == dragon.code.OUT_OF_SPACE ||
         code == dragon.code.DYNHEAP_REQUESTED_SIZE_NOT_AVAILABLE ||
         code == dragon.code.DYNHEAP_REQUESTED_SIZE_TOO_LARGE;
}

uint64_t new_uid(void) {
  uint64_t random = 0;
  while (getrandom(&random, sizeof random, 0) != sizeof random) continue;
  return FIRST_USER_UID | (random & (FIRST_USER_UID - 1));
}

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t now_ms(void) {
  return now_ns() / 1000000;
}
