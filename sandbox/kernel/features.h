// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/probe.h"

#include <stddef.h>

/*
 * What this kernel and host allow the calling user, each fact tried or read once. For `hutch
 * doctor`, and for who needs to know before starting; a run itself finds out by doing.
 */

/* Kinds of namespaces, besides the user namespace. */
enum feature_namespace {
	NAMESPACE_MOUNT,
	NAMESPACE_PID,
	NAMESPACE_NET,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_CGROUP,
	NAMESPACE_KINDS,
};

extern const char *const feature_namespace_names[NAMESPACE_KINDS];

enum cgroup_mode {
	CGROUP_NONE,
	CGROUP_V1,
	CGROUP_HYBRID,  /* version 1 controllers, version 2 without any */
	CGROUP_UNIFIED, /* version 2 alone */
};

struct features {
	unsigned uid, gid; /* the caller's */
	char release[72];  /* of the kernel */

	/* Namespaces */
	struct probe user; /* clone3(CLONE_NEWUSER), ids mapped */
	struct probe namespace[NAMESPACE_KINDS];
	struct probe all;         /* all of them in one call, as a sandbox starts */
	struct probe second_user; /* a user namespace below that one */
	struct probe mounts;      /* detached mounts, openat2, pivot_root */
	struct probe proc;        /* a /proc of one's own */
	struct probe devpts;      /* a terminal in a devpts instance of one's own */

	/* Why user namespaces may be refused; -1: the kernel has no such setting */
	bool has_proc;
	bool has_user_namespaces;      /* the kernel knows them */
	bool initial_namespace;        /* of users: the machine's own */
	long max_user_namespaces;      /* user.max_user_namespaces */
	int unprivileged_userns_clone; /* kernel.unprivileged_userns_clone (Debian, Arch) */
	int apparmor_restricts;        /* kernel.apparmor_restrict_unprivileged_userns */
	char label[96];                /* of the security module, "" where there is none */
	char chroot[128];              /* how "/" was seen to be no root, "" where it is one */
	bool no_new_privs;
	bool filtered; /* under a seccomp filter already */

	/* Ranges of ids */
	char user_name[64];                              /* "" where the uid has none */
	char newuidmap[64], newgidmap[64];               /* paths, "" where not installed */
	bool newuidmap_privileged, newgidmap_privileged; /* setuid root, or file capabilities */
	unsigned long long sub_uid, sub_uid_count, sub_gid, sub_gid_count; /* count 0: none */
	struct probe range;                                                /* really mapped */

	/* Overlays, in a user namespace, over the home directory */
	struct probe overlay_memory; /* changes kept in memory */
	struct probe overlay_home;   /* changes kept in the home directory */
	struct probe overlay_tmp;    /* changes kept in /tmp */
	bool overlay_memory_mounts;  /* it mounts, whether or not it then works */
	bool overlay_home_mounts, overlay_tmp_mounts;

	/* Confinement */
	int landlock_abi;             /* 0: none */
	struct probe landlock_files;  /* a file refused */
	struct probe landlock_scopes; /* an abstract socket and a signal refused */
	struct probe seccomp;         /* a system call refused */
	struct probe seccomp_notify;  /* a listener got */
	struct probe keyring;         /* a session keyring of one's own */

	/* Limits */
	enum cgroup_mode cgroup_mode;
	char cgroup_path[256];         /* the caller's own, a directory; "" where not found */
	char cgroup_controllers[128];  /* there, version 2 */
	struct probe cgroup_make;      /* a cgroup below it made and removed */
	struct probe cgroup_enter;     /* a child put into that one */
	char manager_controllers[128]; /* what the user manager was given; "" where not known */
	char systemd[128];             /* the user manager's socket; "" where none answers */

	/* Network */
	bool net_helper;       /* the program that carries a network of a sandbox's own is there */
	struct probe tun;      /* /dev/net/tun opened, and a tap interface made with it */
	struct probe nftables; /* a table made, and tproxy known to it */

	/* Terminal and others */
	struct probe ptmx;      /* a pair from /dev/ptmx */
	int terminals;          /* bits 0 to 2: descriptors that are terminals */
	int legacy_tiocsti;     /* dev.tty.legacy_tiocsti; -1: none */
	int ptrace_scope;       /* kernel.yama.ptrace_scope; -1: no yama */
	char runtime_dir[192];  /* $XDG_RUNTIME_DIR, "" where unset */
	char runtime_fault[96]; /* what is wrong with it, "" for nothing */
};

/* Try everything; takes some hundredths of a second. The caller frees it by features_free(). */
struct features *features_probe(void);
void features_free(struct features *f);

/* One topic each; features_probe() calls them. */
void features_probe_namespaces(struct features *f);
void features_probe_overlay(struct features *f);
void features_probe_ids(struct features *f);
void features_probe_confinement(struct features *f);
void features_probe_cgroup(struct features *f);
void features_probe_network(struct features *f);
void features_probe_session(struct features *f);

/* Nothing but what connections of a sandbox's own network go by, as in f->nftables. */
void features_probe_redirection(struct probe *ret);

/* The first line of a small file, without its end; false where it can't be read. */
bool features_read_line(const char *path, char *ret, size_t size);

/* The number that a file holds, or @otherwise. */
long features_read_number(const char *path, long otherwise);
