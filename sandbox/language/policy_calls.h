// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Names and numbers of system calls, and the architectures that have them.
 *
 * libseccomp has the tables; calls that entered the kernel after it was released are added here.
 * They have the same number on every architecture.
 */

struct policy_arch {
	const char *name;       /* as policies write it: "x86_64", "arm64", … */
	const char *aliases[3]; /* other names for it */
	uint32_t token;         /* SCMP_ARCH_* */
	bool wide;              /* 64-bit registers */
};

extern const struct policy_arch policy_arches[];
extern const size_t policy_arch_count;

/* Index of the architecture called @name (or an alias), or -1. */
int policy_arch_find(const char *name);

/* Index of the architecture that hutch was built for. */
unsigned int policy_arch_native(void);

/* Index of the architecture a kernel number belongs to, from seccomp_data. */
int policy_arch_of(uint32_t audit_arch, uint32_t number);

/* The AUDIT_ARCH_* value calls of the architecture arrive with; x32 shares x86_64's. */
uint32_t policy_arch_audit(unsigned int arch);

enum {
	POLICY_CALL_UNKNOWN = -1, /* no architecture has a call of this name */
	POLICY_CALL_ABSENT = -2,  /* other architectures have it, this one doesn't */
};

/* The number of call @name on architecture @arch, or one of the above. */
long policy_call_number(unsigned int arch, const char *name);

/* The name of call @number on @arch, or NULL; the caller frees it. */
char *policy_call_name(unsigned int arch, uint32_t number);

/* The numbers of all known calls of @arch, ascending; made once and kept. */
const uint32_t *policy_calls_known(unsigned int arch, size_t *ret_count);

/* The names of every call of every architecture, sorted, each once; made once and kept. */
const struct strv *policy_call_names(void);

/* The call whose name is nearest to @name, or NULL; static. */
const char *policy_call_nearest(const char *name);
