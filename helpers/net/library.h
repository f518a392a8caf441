// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A function of a library, and where its address goes: a pointer of the function's type. */
struct library_function {
	const char *name;
	void *to;
};

/*
 * Load @file (dlopen(3)) and find @functions in it. It stays for as long as the process does.
 *
 * A library that is linked is loaded before main(), in every process that is made from this one,
 * and everything waits; one that is loaded here is loaded by the process that uses it, while others
 * do their part. -ENOENT with the reason.
 */
int library_load(const char *file, const struct library_function *functions, size_t count,
		 struct error *e);

/* Is @file where libraries are looked for? Much cheaper than loading it, and no proof that it can be. */
bool library_is_there(const char *file);
