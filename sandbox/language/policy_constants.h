// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The named constants of policies: what the C library's and the kernel's headers define, collected
 * when hutch is built (generate_constants.py) so that the values are this architecture's.
 */

/* Find the constant @name; negative ones come as 64 bits of two's complement. */
bool policy_constant(const char *name, uint64_t *ret_value);

/* The constant whose name is nearest to @name, or NULL. */
const char *policy_constant_nearest(const char *name);

/* Made by generate_constants.py. Offsets into one text and not pointers: a table of pointers would
 * have to be relocated at every start. */
extern const char policy_constant_names[];
extern const uint32_t policy_constant_offsets[]; /* by ascending name */
extern const uint64_t policy_constant_values[];
extern const uint32_t policy_constant_count;
