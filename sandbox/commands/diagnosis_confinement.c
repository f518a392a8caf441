// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock, seccomp, keyring. What each version of Landlock added is in landlock(7).
 */
#include "commands/diagnosis_parts.h"

#include <errno.h>

/* What a kernel lacks whose ABI is lower than .abi. */
static const struct {
	int abi;
	const char *linux_version, *lacks;
} levels[] = {
	{2, "5.19", "files can't be moved between directories"},
	{3, "6.2", "truncating a read-only file is left to the mounts"},
	{4, "6.7", "TCP ports can't be restricted"},
	{5, "6.10", "ioctl on devices is left to seccomp"},
	{6, "6.12",
	 "with --net host, abstract sockets of other programs (X11, D-Bus) are within "
	 "reach"},
};

static void landlock(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "landlock", "Landlock");
	_cleanup_free_ char *files = probe_text(&f->landlock_files);
	_cleanup_free_ char *scopes = probe_text(&f->landlock_scopes);
	_cleanup_strbuf_ struct strbuf lacks = {0};
	const char *newest = NULL;

	r->needed = true;
	if (!f->landlock_abi) {
		finding_state(r, FINDING_MISSING, "%s",
			      f->landlock_files.code == EOPNOTSUPP
				      ? "in this kernel, but not switched on"
				      : files);
		finding_cost(r, "hutch run refuses to start; --allow-weaker landlock goes on with "
				"namespaces and seccomp alone");
		finding_remedy(r,
			       f->landlock_files.code == EOPNOTSUPP
				       ? "add landlock to the lsm= list of the kernel's command "
					 "line (cat /sys/kernel/security/lsm has the list of now)"
			       : f->filtered ? "the seccomp filter that is already on here must "
					       "allow the landlock_* calls"
					     : "Linux 5.13 or newer with "
					       "CONFIG_SECURITY_LANDLOCK=y");
		return;
	}
	if (!probe_works(&f->landlock_files)) {
		finding_state(r, FINDING_MISSING, "ABI %d, but %s", f->landlock_abi, files);
		finding_cost(r, "hutch run refuses to start");
		return;
	}
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (f->landlock_abi >= levels[i].abi)
			continue;
		strbuf_printf(&lacks, "%s%s", lacks.length ? "; " : "", levels[i].lacks);
		newest = levels[i].linux_version;
	}
	if (lacks.length) {
		finding_state(r, FINDING_WEAKER, "ABI %d", f->landlock_abi);
		finding_cost(r, "%s", lacks.text);
		finding_remedy(r, "Linux %s or newer", newest);
	} else if (!probe_works(&f->landlock_scopes)) {
		finding_state(r, FINDING_WEAKER, "ABI %d, but its scopes don't hold: %s",
			      f->landlock_abi, scopes);
		finding_cost(r, "%s", levels[4].lacks);
	} else {
		finding_state(r, FINDING_OK, "ABI %d: files, abstract sockets and signals",
			      f->landlock_abi);
	}
}

static void seccomp(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "seccomp", "seccomp");
	_cleanup_free_ char *text = probe_text(&f->seccomp);

	r->needed = true;
	if (probe_works(&f->seccomp)) {
		finding_state(r, FINDING_OK, "a filter put on and obeyed%s",
			      f->filtered ? " (below one that is on already)" : "");
		return;
	}
	finding_state(r, FINDING_MISSING, "%s", text);
	finding_cost(r, "hutch run refuses to start; --allow-weaker seccomp goes on without");
	finding_remedy(r, f->filtered ? "the filter that is already on here must allow seccomp and "
					"prctl"
				      : "a kernel with CONFIG_SECCOMP_FILTER=y");
}

static void seccomp_notify(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "seccomp-notify", "seccomp notification");
	_cleanup_free_ char *text = probe_text(&f->seccomp_notify);

	if (probe_works(&f->seccomp_notify)) {
		finding_state(r, FINDING_OK, "a listener was given");
		return;
	}
	finding_state(r, FINDING_MISSING, "%s",
		      f->seccomp_notify.code == EBUSY ? "another supervisor listens already"
						      : text);
	finding_cost(r, "system calls can't be watched while a program runs");
	finding_remedy(r, f->seccomp_notify.code == EBUSY
				  ? "start hutch outside of what supervises it"
				  : "Linux 5.0 or newer");
}

static void keyring(const struct features *f, struct findings *to)
{
	struct finding *r = finding_add(to, "keyring", "session keyring");
	_cleanup_free_ char *text = probe_text(&f->keyring);

	/* Without keyrings in the kernel there is nothing to keep apart. */
	if (probe_works(&f->keyring) || f->keyring.code == ENOSYS) {
		finding_state(r, FINDING_OK,
			      probe_works(&f->keyring) ? "one's own" : "this kernel has none");
		return;
	}
	finding_state(r, FINDING_WEAKER, "%s", text);
	finding_cost(r, "a sandbox keeps the caller's keyring; only the seccomp policy keeps its "
			"keys apart");
	finding_remedy(r, f->filtered ? "the seccomp filter that is already on here must allow "
					"keyctl"
				      : "sudo sysctl kernel.keys.maxkeys=2000");
}

void diagnose_confinement(const struct features *f, struct findings *to)
{
	landlock(f, to);
	seccomp(f, to);
	seccomp_notify(f, to);
	keyring(f, to);
}
