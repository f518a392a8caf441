// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/alloc.h"

#include <stdlib.h>

/*
 * A growing array of any type:
 *
 *	VECTOR(struct mount) mounts = {0};
 *	*vector_add(&mounts) = (struct mount){…};
 *	vector_each (m, &mounts) …
 *	vector_free(&mounts);
 */
#define VECTOR(type)                    \
	struct {                        \
		type *items;            \
		size_t count, capacity; \
	}

/* Add one zeroed item at the end and return a pointer to it, valid until the next addition. */
#define vector_add(v)                                                                          \
	({                                                                                     \
		if ((v)->count == (v)->capacity) {                                             \
			(v)->capacity = (v)->capacity ? (v)->capacity * 2 : 16;                \
			(v)->items =                                                           \
				xreallocarray((v)->items, (v)->capacity, sizeof(*(v)->items)); \
		}                                                                              \
		__builtin_memset(&(v)->items[(v)->count], 0, sizeof(*(v)->items));             \
		&(v)->items[(v)->count++];                                                     \
	})

/* Walk over all items with a pointer. */
#define vector_each(item, v)                               \
	for (__typeof__(*(v)->items) *(item) = (v)->items; \
	     (item) && (item) < (v)->items + (v)->count; (item)++)

/* Free the array (not what its items own). */
#define vector_free(v)                          \
	do {                                    \
		free((v)->items);               \
		(v)->items = NULL;              \
		(v)->count = (v)->capacity = 0; \
	} while (0)
