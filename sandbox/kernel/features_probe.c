// SPDX-License-Identifier: GPL-2.0-or-later
/* All topics in turn: a later one skips what an earlier one saw refused. */
#include "kernel/features.h"

#include "base/log.h"
#include "base/string.h"
#include "base/user.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

struct features *features_probe(void)
{
	/* Shared, so that probes may leave results in it. */
	struct features *f =
		mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_cleanup_free_ char *name = NULL, *home = NULL;
	struct utsname kernel;

	if (f == MAP_FAILED)
		return NULL;
	/* Ignored, as some callers leave it, it would take the children's statuses away. */
	signal(SIGCHLD, SIG_DFL);
	f->uid = geteuid();
	f->gid = getegid();
	if (user_look_up(f->uid, &name, &home))
		snprintf(f->user_name, sizeof(f->user_name), "%s", name);
	if (uname(&kernel) == 0)
		snprintf(f->release, sizeof(f->release), "%s", kernel.release);

	log_step("trying namespaces");
	features_probe_namespaces(f);
	log_step("trying overlays");
	features_probe_overlay(f);
	log_step("trying ranges of ids");
	features_probe_ids(f);
	log_step("trying Landlock, seccomp and keyrings");
	features_probe_confinement(f);
	log_step("trying control groups");
	features_probe_cgroup(f);
	log_step("trying /dev/net/tun and nftables");
	features_probe_network(f);
	log_step("trying the session");
	features_probe_session(f);
	return f;
}

void features_free(struct features *f)
{
	if (f)
		munmap(f, sizeof(*f));
}
