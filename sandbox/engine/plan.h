// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "base/vector.h"
#include "kernel/landlock.h"
#include "kernel/path.h"
#include "kernel/seccomp.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/*
 * The plan: what will be done, in order.
 *
 * The plan floor makes it from a request and this host, the engine carries it out, and nothing
 * after decides anything. It stands on the engine's floor because the engine must read it and may
 * not look upwards. All memory belongs to the plan; after it was made, nothing changes it.
 *
 * Sources are not kept open: the kernel refuses to copy a mount of another mount namespace
 * (open_tree(2), EINVAL), so the child opens them by path again in its own copy and compares with
 * the identity taken here; a file that changed in between ends the start.
 */

enum mount_kind {
	MOUNT_BIND,      /* a file or directory of the host */
	MOUNT_SCRATCH,   /* an empty writable directory on the file system of the root (memory) */
	MOUNT_TMPFS,     /* an empty writable file system of its own, of .size bytes */
	MOUNT_PROC,      /* /proc of the new PID namespace */
	MOUNT_DEVPTS,    /* terminals of the sandbox's own */
	MOUNT_OVERLAY,   /* a directory of the host; writes go to memory, or to .aside */
	MOUNT_DIRECTORY, /* an empty directory, no mount */
	MOUNT_FILE,      /* a small file with .data, no mount */
	MOUNT_DATA,      /* a file with .data in memory, over what is there */
	MOUNT_SYMLINK,   /* a link that says .source, no mount */
	MOUNT_MASK,      /* cover what is there with something empty that cannot be opened */
	MOUNT_AGAIN,   /* what is there, mounted on itself: with .set, or to pin its name (EBUSY on
			rename) */
	MOUNT_MQUEUE,  /* POSIX message queues of the new IPC namespace */
	MOUNT_REMOUNT, /* .set for the one mount that is there */
	MOUNT_CHMOD,   /* .mode for the file or directory that is there, no mount */
	MOUNT_KINDS,
};

extern const char *const mount_kind_names[MOUNT_KINDS];

/* What mount point there must be; the plan knows, so that nothing is ever made on the host. */
enum mount_point {
	POINT_EXISTS,    /* it is there, or the start fails */
	POINT_DIRECTORY, /* make a directory where it is missing */
	POINT_FILE,      /* make an empty file where it is missing */
	POINT_OPTIONAL,  /* leave the whole step out where it is missing */
};

/* A directory of the host that an overlay is made of. */
struct plan_layer {
	char *path;
	struct file_identity identity;
};

/* What is copied before an overlay is laid over the copy (engine/session_copy.c). */
enum plan_copy {
	COPY_NONE,
	COPY_TREE,  /* all, but for what is mounted in it */
	COPY_FILES, /* what is directly in it, with its directories empty */
};

/* Where what is written to an overlay of layers goes. */
enum layer_writes {
	WRITES_TO_MEMORY,
	WRITES_TO_HOST, /* to the last but one of the layers; the last is overlayfs's work directory */
	WRITES_NONE,
};

struct plan_mount {
	enum mount_kind kind;
	enum mount_point point;
	char *source;      /* path on the host (bind, overlay), contents of the link (symlink) */
	char *destination; /* absolute path inside */
	char *aside; /* overlay: directory of the host with "upper" and "work", which takes what is
			written; NULL: memory */
	enum plan_copy copy;           /* overlay: over the copy in the "lower" of .aside */
	struct file_identity identity; /* of the source (bind, overlay) */
	uint64_t set, clear;           /* MOUNT_ATTR_* */
	bool recursive;                /* with the mounts below the source */
	bool link;                     /* again, data: on a symbolic link itself, not on what it
					  leads to */
	bool seal;                     /* made read-only once everything below it is attached */
	bool fallback;                 /* carried out only where no new /proc can be mounted */
	bool strict;                   /* proc: where no new one can be mounted, nothing runs */
	bool where_writable; /* again: left out where the place can't be written to anyway */
	bool lenient;        /* bind: mounts below it that refuse the attributes keep their own */
	bool late; /* bind: made by a helper as the sandbox starts, so that only the type of .identity
		      is known; a directory may be missing, and is left out then */
	VECTOR(struct plan_layer) layers; /* overlay: the lowest first; none: .source alone */
	enum layer_writes writes;
	mode_t parents; /* of missing parents that are made; 0: 0755 */
	mode_t mode;    /* directory, file, scratch, tmpfs */
	uint64_t size;  /* tmpfs: bytes, 0 = the kernel's default */
	void *data;     /* file, data: contents */
	size_t length;
	char *origin;  /* what asked for it, as messages begin: "--rw ~/x", "default.profile:12: ro
			 /usr" */
	char *failure; /* what a failure is told as, before its reason; NULL: by its origin */
};

/* How much a guard may say. */
#define GUARD_CONTENTS 2

/* A path that must not come into being on the host while the sandbox runs (engine/guard.c). */
struct plan_guard {
	char *path; /* on the host */
	char *tree; /* the shared directory it is in: the first part of the path */
	struct file_identity tree_identity;
	bool directory;       /* guard with a directory; else with a file */
	const char *contents; /* of the file, GUARD_CONTENTS bytes at most; NULL: it is empty */
	char *origin;
};

struct plan_landlock_rule {
	char *path; /* inside */
	enum landlock_access access;
};

struct plan_rlimit {
	int resource;
	char *name;
	uint64_t soft, hard;
};

/* Where the cgroup of the sandbox, its box, is made (engine/box.c). */
enum box_place {
	BOX_NONE,  /* there is none */
	BOX_OWN,   /* in a group that was delegated to the caller, .box_parent */
	BOX_SCOPE, /* in a scope that systemd's user manager is asked for */
};

/* What is written into a control file of the box, and must be there when it is read back. */
struct plan_control {
	const char *controller, *file; /* "memory", "memory.max" */
	char *value;
	char *origin;
	bool optional; /* not asked for: where the kernel has no such file, it is left out */
};

enum id_map { ID_SINGLE, ID_RANGE };

enum weaker {
	WEAKER_NAMESPACES = 1 << 0,
	WEAKER_LANDLOCK = 1 << 1,
	WEAKER_SECCOMP = 1 << 2,
	WEAKER_PROC = 1 << 3,
	WEAKER_LIMITS = 1 << 4,
};

/* A network of the sandbox's own (engine/network.c). */
struct plan_network {
	char *helper;          /* the program that carries it; NULL: there is none */
	const char *mode;      /* "internet" or "lan" */
	struct strv arguments; /* what the helper is told, but for its descriptors */
	char *pcap;            /* file for what passes; NULL: none */
	struct strv notes;     /* what this host lacks for it */
};

/* The message buses of the host that the sandbox may have a part of (engine/dbus.c). */
enum plan_bus_which { BUS_SESSION, BUS_SYSTEM, BUS_ACCESSIBILITY, BUS_COUNT };

/* "session", … */
extern const char *const plan_bus_names[BUS_COUNT];

struct plan_bus {
	char *address; /* of the host's (base/bus_address.h); NULL: this bus is not there inside */
	char *inside;  /* path of the socket in the sandbox */
	struct strv rules; /* as the proxy is told them: "--talk=NAME" */
};

struct plan_dbus {
	char *proxy;     /* the program that filters; NULL: no bus */
	char *helper;    /* the program that makes the place for it */
	char *runtime;   /* the caller's runtime directory */
	char *instance;  /* number of this sandbox, as text */
	char *directory; /* where the proxies listen; made for this sandbox alone */
	char *app;       /* what the sandbox is called by portals; NULL: it has no identity */
	char *info;      /* what /.flatpak-info says */
	bool portals;    /* rules let it reach portals */
	bool log;        /* tell what was refused */
	struct plan_bus buses[BUS_COUNT];
	struct strv notes; /* what this host lacks for it */
};

/* An X server of the sandbox's own (engine/display.c). */
struct plan_display {
	char *server;    /* the program; NULL: there is none */
	bool wayland;    /* it shows itself on a compositor, not on an X server */
	int number;      /* of its display */
	char *directory; /* where it listens; made for this sandbox alone */
	char *cookie;    /* who has it may come in; an Xauthority file */
	size_t cookie_length;
};

/* A compositor's socket (engine/wayland.c). */
struct plan_wayland {
	char *host;   /* where the compositor listens; NULL: there is none in the sandbox */
	char *inside; /* where the program finds it */
	char *own;    /* the socket of a security context; NULL: the program gets the host's own */
	char *app;    /* what the compositor is told who it is */
	char *instance; /* and which one of them */
	char *origin;
};

/* A sound server's socket, behind a filter (helpers/sound). */
struct plan_sound {
	char *server; /* where the server listens, and where the program finds it; NULL: nowhere */
	char *own;    /* where the filter listens until the sandbox is made */
	char *helper; /* the filter */
	bool record;  /* microphones as well */
	char *origin;
};

/* A helper that opens links, and asks (helpers/open/serve.c). */
struct plan_links {
	char *helper; /* NULL: there is none */
	char *own;    /* where it listens until the sandbox is made */
	char *bus;    /* the session's (base/bus_address.h) */
};

enum { PLAN_LOCKS = 64 };

/*
 * A sandbox that is exactly what its caller lists, with nothing added and nothing taken for granted:
 * bubblewrap's command line. Descriptors are -1 where there is none.
 */
struct plan_exact {
	pid_t parent; /* the launcher's, when the plan was made */

	/* namespaces; what is not new and not joined is the caller's own */
	int userns, userns2, pidns; /* to be joined: at first, last, and for the processes */
	uid_t first_uid;            /* inside the first user namespace, while it is set up */
	gid_t first_gid;
	bool second_userns;          /* then one below it, in which the ids are the plan's */
	bool userns_disabled;        /* and no further one */
	bool assert_userns_disabled; /* make sure that there can be no further one */

	/* processes */
	bool init;             /* one stands by that reaps; else the program is the first process */
	bool die_with_parent;  /* all ends with the launcher, and that with its parent */
	uint64_t capabilities; /* that the program keeps, 1 << CAP_* */
	bool ambient;          /* whoever it is; else as user 0 */
	VECTOR(struct filter) filters; /* in the order of being loaded */
	struct strv locks; /* files inside that are locked as long as it runs; PLAN_LOCKS at most */
	struct strv directories; /* working directories to be tried when the first is not there */

	/* descriptors through which the caller takes part */
	int info, status;        /* gets JSON: who and where it is; and besides, how it ended */
	int userns_block, block; /* waits for a byte: to be mapped; to be executed */
	int sync;                /* open as long as it runs */
};

struct plan {
	char *profile; /* name, for people */
	char *name;    /* of the running sandbox; NULL: generated */
	char *home;    /* name of the home that lasts (plan/home_store.h); NULL: of none */

	/* identity */
	enum id_map id_map;
	uid_t uid, gid;                  /* inside */
	uint64_t capabilities;           /* kept by the program, 1 << CAP_*; as a rule none */
	uid_t outer_uid, outer_gid;      /* the caller's */
	uint64_t sub_uid, sub_uid_count; /* range: the caller's subordinate ids */
	uint64_t sub_gid, sub_gid_count;
	char *newuidmap, *newgidmap; /* range: the programs that write the maps */
	char *hostname;
	bool nested;         /* user namespaces allowed inside */
	uint64_t namespaces; /* CLONE_NEW*; none: the host refuses them, and that is allowed */
	unsigned weaker;     /* enum weaker: layers that were allowed to be missing */
	struct strv missing; /* without namespaces: what that takes away, for people */
	struct strv lacking; /* directories that data_make() makes, for a plan that has them */
	struct strv remarks; /* what is otherwise than was asked for, for people; one line each */

	/* files */
	VECTOR(struct plan_mount) mounts; /* in the order of attaching: parents first */
	VECTOR(struct plan_guard) guards;
	char *root; /* directory of the host that is the root, or NULL: an empty one in memory */
	struct file_identity root_identity;
	char *root_origin; /* NULL: nothing says it */
	bool root_writable, root_devices;

	/* program */
	char *program; /* absolute path inside */
	struct file_identity program_identity;
	bool program_found; /* its identity is known (it is a file of the host) */
	struct strv arguments;
	struct strv environment;
	struct strv environment_origins; /* one for each of these, in their order */
	char *directory;                 /* working directory inside */

	struct plan_network network;
	struct plan_dbus dbus;
	struct plan_display display;
	struct plan_wayland wayland;
	struct plan_sound sound;
	struct plan_links links;

	/* confinement */
	struct filter filter;       /* no instructions: none */
	bool fake_root;             /* the filter answers for root what one id can't do */
	bool no_network;            /* without namespaces: by a filter */
	struct filter stand_ins[2]; /* for what namespaces would have kept away; loaded before */
	struct filter
		asking; /* its variant that tells of what it denies; no instructions: not wanted */
	bool landlock_files; /* file rules below are enforced; the scopes always are */
	VECTOR(struct plan_landlock_rule) landlock;
	VECTOR(struct plan_rlimit) rlimits;
	VECTOR(int) descriptors; /* handed to the program */
	VECTOR(int) held;        /* kept open by the launcher while it runs: locks */

	/* limits on all processes together */
	enum box_place box;
	char *box_parent; /* own: the directory of the group that the box is made in */
	VECTOR(struct plan_control) controls;
	uint64_t time;         /* milliseconds on processors; 0 = no limit */
	uint64_t memory_watch; /* bytes; looked at now and then, since no cgroup holds them; 0 =
				  not wanted */
	bool output_limited;
	uint64_t output;       /* bytes on standard output and error together */
	struct strv unlimited; /* what was asked for and is not held, for people */

	/* session */
	uint64_t copy_limit; /* bytes that may be copied for overlays, all together */
	bool own_terminal;   /* a pty of its own */
	bool share_terminal; /* stays in the caller's session */
	uint64_t wall;       /* milliseconds; 0 = no limit */
	bool raise_signal;
	/* The program does not start before the clock that files are stamped with is later, so that
	 * the time of what changes from then on is, too; 0: it need not wait. */
	struct timespec settled;
	char *report; /* path or "fd:N"; NULL: none */
	int report_format;

	struct plan_exact *exact; /* NULL: hutch's own way */
};

/* Whether helpers make something that the sandbox mounts: it waits for them. */
static inline bool plan_is_awaited(const struct plan *plan)
{
	return plan->dbus.proxy || plan->display.server;
}

void plan_free(struct plan *plan);
