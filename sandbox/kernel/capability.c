// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/capability.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/securebits.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Take from the bounding set all but those of @mask. */
static int bound(uint64_t mask)
{
	unsigned long capability = 0;

	/* capng_apply() would stop silently at one that it cannot drop. The first that cannot even
	 * be read is one that there isn't. */
	for (; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (!(mask & (1ULL << capability)) &&
		    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return -errno;
	return errno != EINVAL || capability <= CAP_SYS_ADMIN ? -EPERM : 0;
}

int capability_drop_all(void)
{
	/* SECBIT_KEEP_CAPS stays free: there is nothing to keep, and ping(8) insists on setting it. */
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
				   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
				   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
	int r;

	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		return -errno;
	r = bound(0);
	if (r < 0)
		return r;
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0)
		return errno ? -errno : -EPERM;
	return 0;
}

int capability_drop_own(void)
{
	/* Only who may change the bounding set can empty it. For others no_new_privs does: no file
	 * brings the program capabilities. */
	int r = capability_drop_all();

	if (r != -EPERM)
		return r;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	return capability_keep_only(-1);
}

int capability_keep_only(int keep)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (keep >= 0)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)keep);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return errno ? -errno : -EPERM;
	return 0;
}

int capability_keep_mask(uint64_t mask, bool ambient)
{
	const unsigned sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | (ambient ? CAPNG_INHERITABLE : 0);
	int r = bound(mask);

	if (r < 0)
		return r;
	capng_clear(CAPNG_SELECT_CAPS);
	for (unsigned capability = 0; capability < 64; capability++)
		if (mask & (1ULL << capability))
			capng_update(CAPNG_ADD, sets, capability);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return errno ? -errno : -EPERM;
	for (unsigned long capability = 0; ambient && capability < 64; capability++)
		if ((mask & (1ULL << capability)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -errno;
	return 0;
}

uint64_t capability_own(void)
{
	/* Not through libcap-ng, which would go on to speak of this process in its children. */
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

uint64_t capability_all(void)
{
	uint64_t mask = 0;

	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
	     capability++)
		mask |= 1ULL << capability;
	return mask;
}

int capability_by_name(const char *name)
{
	static const char prefix[] = "CAP_";

	if (strncasecmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	return capng_name_to_capability(name);
}
