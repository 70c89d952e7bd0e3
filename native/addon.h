/*
 * What the files of the addon share. JavaScript sees plain data only: numbers, arrays, buffers, null. A function that asks the
 * system for something returns what it got, or a negative errno; it throws only if it was called wrongly.
 */
#pragma once

#define NAPI_VERSION 9
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To add an idea: its file with this function, its line in addon.c and in binding.gyp, its types in src/native/bindings.ts. */
void register_process(napi_env env, napi_value exports);
void register_memfd(napi_env env, napi_value exports);
void register_mpi(napi_env env, napi_value exports);
void register_dragon(napi_env env, napi_value exports);

struct function {
  const char *name;
  napi_callback call;
};

void export_functions(napi_env env, napi_value exports, const struct function *functions, size_t count);

/* Reads the arguments of a call; false, with an exception pending, if there are fewer. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

/* The same where all of them are integers. */
bool read_integers(napi_env env, napi_callback_info info, size_t count, int64_t *integers);

/* False, with an exception pending, if the value is no integer. */
bool read_integer(napi_env env, napi_value value, int64_t *integer);

napi_value integer_value(napi_env env, int64_t integer);

/* What a system call returned: its result, or errno as a negative number where it returned -1. */
napi_value system_result(napi_env env, int64_t returned);

/* Says that a function was called wrongly. */
napi_value wrong_call(napi_env env, const char *what);
