/* The addon: one file for each idea, each with a function that puts what it offers on the exports. */
#include "addon.h"

/*
 * Called once for each thread of JavaScript that loads the addon, so nothing here may be kept in a variable of the process. The
 * exceptions: what is about Dragon, as libdragon itself is (one thread at most can have it), and the last words of the process.
 */
NAPI_MODULE_INIT() {
  register_process(env, exports);
  register_memfd(env, exports);
  register_mpi(env, exports);
  register_dragon(env, exports);
  return exports;
}
