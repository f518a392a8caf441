// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/alloc.h"

#include <json-c/json.h>

/*
 * json-c, of which nothing returns without memory: it would take a NULL for the object null, leave members out, or end by
 * an assertion. What reads JSON may fail all the same: then what was read is none.
 */

/* A negative result is the want of memory; there is no other reason. */
static inline int json_added(int result)
{
	if (result < 0)
		out_of_memory();
	return result;
}

#define json_object_new_object()     alloc_checked(json_object_new_object())
#define json_object_new_array()      alloc_checked(json_object_new_array())
#define json_object_new_string(text) alloc_checked(json_object_new_string(text))
#define json_object_new_string_len(text, length) \
	alloc_checked(json_object_new_string_len(text, length))
#define json_object_new_int(number)    alloc_checked(json_object_new_int(number))
#define json_object_new_int64(number)  alloc_checked(json_object_new_int64(number))
#define json_object_new_uint64(number) alloc_checked(json_object_new_uint64(number))
#define json_object_new_boolean(value) alloc_checked(json_object_new_boolean(value))
#define json_object_new_double(number) alloc_checked(json_object_new_double(number))
#define json_object_object_add(object, key, value) \
	json_added(json_object_object_add(object, key, value))
#define json_object_array_add(array, value) json_added(json_object_array_add(array, value))
#define json_object_to_json_string(object)  alloc_checked(json_object_to_json_string(object))
#define json_object_to_json_string_ext(object, flags) \
	alloc_checked(json_object_to_json_string_ext(object, flags))
