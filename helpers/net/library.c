// SPDX-License-Identifier: GPL-2.0-or-later
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_load(const char *file, const struct library_function *functions, size_t count,
		 struct error *e)
{
	/* Lazily: few of its functions are ever called. */
	void *handle = dlopen(file, RTLD_LAZY), *found;

	for (size_t i = 0; handle && i < count; i++) {
		found = dlsym(handle, functions[i].name);
		if (!found)
			handle = NULL;
		/* As POSIX has it, since a pointer to an object is none to a function. */
		memcpy(functions[i].to, &found, sizeof(found));
	}
	return handle ? 0 : error_set(e, ENOENT, "%s", dlerror());
}
