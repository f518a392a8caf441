// SPDX-License-Identifier: GPL-2.0-or-later
#include "library.h"

#include "base/string.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

bool library_is_there(const char *file)
{
	void *program = dlopen(NULL, RTLD_LAZY);
	_cleanup_free_ Dl_serinfo *paths = NULL;
	Dl_serinfo size;
	char path[PATH_MAX];
	bool found = false;

	if (!program || dlinfo(program, RTLD_DI_SERINFOSIZE, &size) < 0)
		return false;
	paths = xcalloc(1, size.dls_size);
	paths->dls_size = size.dls_size;
	paths->dls_cnt = size.dls_cnt;
	if (dlinfo(program, RTLD_DI_SERINFO, paths) < 0)
		return false;
	for (unsigned int i = 0; i < paths->dls_cnt && !found; i++) {
		snprintf(path, sizeof(path), "%s/%s", paths->dls_serpath[i].dls_name, file);
		found = access(path, R_OK) == 0;
	}
	return found;
}
