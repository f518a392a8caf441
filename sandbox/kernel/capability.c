// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/capability.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

int capability_drop_all(void)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
				   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
				   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED;
	unsigned long capability = 0;

	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		return -errno;
	/* capng_apply() would stop silently at one that it cannot drop. The first that cannot even
	 * be read is one that there isn't. */
	while (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0)
		if (prctl(PR_CAPBSET_DROP, capability++, 0, 0, 0) < 0)
			return -errno;
	if (errno != EINVAL || capability <= CAP_SYS_ADMIN)
		return -EPERM;
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
