/*
 * Since glibc 2.34 these functions are in libc itself, under a new version. The older one is there too, and everywhere: with it, what
 * was linked with a new glibc can be loaded where an old one is.
 */
#pragma once

#include <dlfcn.h>
#include <pthread.h>

#if defined(__GLIBC__) && defined(__x86_64__)
#define OLD_VERSION(name) __asm__(".symver " #name ", " #name "@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
#define OLD_VERSION(name) __asm__(".symver " #name ", " #name "@GLIBC_2.17");
#else
#define OLD_VERSION(name)
#endif

OLD_VERSION(dlopen)
OLD_VERSION(dlsym)
OLD_VERSION(dlclose)
OLD_VERSION(dlerror)
OLD_VERSION(pthread_create)
