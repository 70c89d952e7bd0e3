/* Between values of JavaScript and of C. */
#include "addon.h"

#include <errno.h>

void export_functions(napi_env env, napi_value exports, const struct function *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function) != napi_ok) return;
    if (napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) return;
  }
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given >= count) return true;
  wrong_call(env, "an argument is missing");
  return false;
}

bool read_integers(napi_env env, napi_callback_info info, size_t count, int64_t *integers) {
  napi_value values[8];
  if (count > sizeof values / sizeof *values || !read_arguments(env, info, count, values)) return false;
  for (size_t i = 0; i < count; i++) {
    if (!read_integer(env, values[i], &integers[i])) return false;
  }
  return true;
}

bool read_integer(napi_env env, napi_value value, int64_t *integer) {
  if (napi_get_value_int64(env, value, integer) == napi_ok) return true;
  wrong_call(env, "an argument is no integer");
  return false;
}

napi_value integer_value(napi_env env, int64_t integer) {
  napi_value value = NULL;
  napi_create_int64(env, integer, &value);
  return value;
}

napi_value system_result(napi_env env, int64_t returned) {
  return integer_value(env, returned == -1 ? -(int64_t)errno : returned);
}

napi_value wrong_call(napi_env env, const char *what) {
  napi_throw_type_error(env, NULL, what);
  return NULL;
}
