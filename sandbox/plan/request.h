// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"
#include "base/vector.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * The request: every setting that was asked for, each with its origin.
 *
 * The language floor turns what people write (options, profiles, other tools' command lines) into
 * this; the plan is made from it and from the host. The settings stand in order of rising
 * precedence: default profile, named profile, the user's override, command line; in each of these,
 * as written. So
 *   - of a setting that has one value, the last one holds (request_last);
 *   - lists append (request_each);
 *   - of path rules, the more specific path wins, and at equal paths the later one (plan/mounts.c).
 */

/* Where a setting came from; its rank in precedence. */
enum layer {
	LAYER_DEFAULT,      /* the default profile */
	LAYER_PROFILE,      /* the profile chosen, and the words it uses */
	LAYER_USER,         /* the user's NAME.local.profile */
	LAYER_COMMAND_LINE, /* options */
};

struct origin {
	enum layer layer;
	char *file;    /* profile file as shown to the user ("firefox.profile"); NULL for an option.
			  A word that --use names has a file and stands in LAYER_COMMAND_LINE */
	unsigned line; /* line in that file, 1-based; 0: it has none */
};

enum setting_id {
	/* files */
	SETTING_RO,        /* path: visible read-only */
	SETTING_RW,        /* path: visible and writable */
	SETTING_DATA,      /* path: the same, a directory of the program's own (plan/data.h) */
	SETTING_HIDE,      /* path: covered by something empty */
	SETTING_TMPFS,     /* path: an empty directory in memory; .size bytes, 0 = default */
	SETTING_OVERLAY,   /* path: visible, writes kept aside in memory and dropped at the end */
	SETTING_COPY,      /* path: the same, over a copy where no overlay can be laid over it */
	SETTING_DEV,       /* path: .path is a class of devices ("gpu") or a path ("/dev/kvm") */
	SETTING_SYMLINK,   /* path: a symbolic link at .path to .destination */
	SETTING_NOEXEC,    /* path: nothing there can be executed */
	SETTING_HOME,      /* choice: enum home; named: .text is the name */
	SETTING_CWD,       /* choice: enum cwd */
	SETTING_ARGUMENTS, /* choice: enum arguments */
	SETTING_GIT,       /* choice: enum git */
	SETTING_ROOT, /* text: directory that becomes the root file system, or image (plan/image.h) */
	SETTING_IMAGE_LIMIT, /* number: bytes that an image may unpack to */
	SETTING_COPY_LIMIT,  /* number: bytes that SETTING_COPY may copy, all together */
	SETTING_CHDIR,       /* text: working directory inside */
	/* identity */
	SETTING_UID,      /* text: self | root | range | a number */
	SETTING_GID,      /* text: a number (default: follows uid) */
	SETTING_HOSTNAME, /* text */
	SETTING_NESTED,   /* flag: user namespaces allowed inside */
	/* network */
	SETTING_NET,        /* choice: enum net */
	SETTING_NET_ALLOW,  /* list of text: what may be reached; none: all that the mode has */
	SETTING_NET_DENY,   /* list of text: what may not, whatever else is allowed */
	SETTING_PUBLISH,    /* list of text: port of the host that leads into the sandbox */
	SETTING_HOST_PORT,  /* list of number: port of the host's loopback that leads out */
	SETTING_DNS,        /* list of text: address of a name server */
	SETTING_LIMIT_UP,   /* number: bytes a second out of the sandbox; 0: no limit */
	SETTING_LIMIT_DOWN, /* the same into it */
	SETTING_PCAP,       /* text: file for what passes */
	/* message buses; the rules of each in the order of enum bus_verb (plan/bus_rule.h) */
	SETTING_DBUS_SESSION,      /* choice: enum bus */
	SETTING_SESSION_SEE,       /* list of text: NAME */
	SETTING_SESSION_TALK,      /* list of text: NAME */
	SETTING_SESSION_OWN,       /* list of text: NAME */
	SETTING_SESSION_CALL,      /* list of text: NAME=RULE */
	SETTING_SESSION_BROADCAST, /* list of text: NAME=RULE */
	SETTING_DBUS_SYSTEM,       /* the same for the system's bus */
	SETTING_SYSTEM_SEE,
	SETTING_SYSTEM_TALK,
	SETTING_SYSTEM_OWN,
	SETTING_SYSTEM_CALL,
	SETTING_SYSTEM_BROADCAST,
	SETTING_DBUS_ACCESSIBILITY, /* choice: enum bus */
	SETTING_DBUS_LOG,           /* flag: tell what was refused */
	SETTING_DBUS_IDENTITY,      /* flag: portals see which sandbox asks; unless said, yes */
	SETTING_LINKS,              /* choice: enum links */
	/* display */
	SETTING_X11,     /* choice: enum x11 */
	SETTING_WAYLAND, /* choice: enum wayland_access */
	/* sound: path of the server's socket */
	SETTING_SOUND_PLAY,
	SETTING_SOUND_RECORD,
	/* confinement */
	SETTING_SECCOMP,      /* text: policy name or file; "none" */
	SETTING_ALLOW_WEAKER, /* list of text: layer that may be missing (enum weaker names) */
	/* environment */
	SETTING_KEEP_ENV, /* list of text: variable kept from the host; NAME or NAME* */
	SETTING_ENV,      /* pair: variable set */
	/* process */
	SETTING_NAME,         /* text: name of the running sandbox */
	SETTING_TTY,          /* choice: enum tty */
	SETTING_FD,           /* list of number: descriptor handed to the program */
	SETTING_RLIMIT,       /* list of pair: resource name without RLIMIT_, in lower case;
				 "SOFT[:HARD]", each a decimal number (K, M, G resolved) or "unlimited" */
	SETTING_RAISE_SIGNAL, /* flag: die of the signal that ended the program */
	/* limits, of all processes of the sandbox together unless it says otherwise; a number of
	   NO_LIMIT takes one away */
	SETTING_MEMORY,       /* number: bytes */
	SETTING_MEMORY_HIGH,  /* number: bytes from which on it is slowed down */
	SETTING_SWAP,         /* number: bytes of swap space */
	SETTING_PIDS,         /* number: processes and threads */
	SETTING_CPUS,         /* number: thousandths of a processor */
	SETTING_CPU_WEIGHT,   /* number: share, 1 to 10000 */
	SETTING_IO_WEIGHT,    /* number: share, 1 to 10000 */
	SETTING_IO_READ,      /* list of amount: bytes a second from the disk of .path */
	SETTING_IO_WRITE,     /* the same, written */
	SETTING_IO_READ_OPS,  /* list of amount: reads a second from the disk of .path */
	SETTING_IO_WRITE_OPS, /* the same, written */
	SETTING_TIME,         /* number: milliseconds of CPU time; 0: no limit */
	SETTING_WALL,         /* number: milliseconds of wall clock; 0: no limit */
	SETTING_FSIZE,        /* number: bytes of any one file */
	SETTING_OUTPUT,       /* number: bytes on standard output and error */
	/* what a word says of itself */
	SETTING_EXPOSES, /* list of text: what it exposes */
	SETTING_ESCAPE,  /* list of text: how a program gets out with it */
	/* report */
	SETTING_REPORT,        /* text: FILE or fd:N */
	SETTING_REPORT_FORMAT, /* choice: enum report_format */
	SETTING_COUNT,
};

enum home { HOME_PRIVATE, HOME_OVERLAY, HOME_REAL, HOME_NAMED };
/* How files and directories that the command line names are shared. */
enum arguments { ARGUMENTS_NONE, ARGUMENTS_RO, ARGUMENTS_RW, ARGUMENTS_RW_DIRECTORY };
enum cwd { CWD_NONE, CWD_RO, CWD_RW, CWD_OVERLAY };
enum git { GIT_NONE, GIT_PROTECT };
enum net { NET_NONE, NET_INTERNET, NET_LAN, NET_HOST };
enum wayland_access { WAYLAND_NOT, WAYLAND_ISOLATED, WAYLAND_PLAIN };
enum bus { BUS_NONE, BUS_FILTER };
enum links { LINKS_NONE, LINKS_ASK };
enum x11 { X11_NONE, X11_ISOLATED, X11_HOST };
enum tty { TTY_AUTO, TTY_OWN, TTY_SHARE };
/* A limit that is none. */
#define NO_LIMIT UINT64_MAX

enum report_format { REPORT_JSON, REPORT_META };

struct path_rule {
	char *path; /* absolute or relative to the working directory; ~ and ${…} already expanded */
	char *destination; /* absolute path inside, or NULL: the same; for symlink: what the link
			      says */
	bool optional;     /* "?": skip where it does not exist */
	uint64_t size;     /* tmpfs: bytes; 0 = not said */
};

struct setting {
	enum setting_id id;
	const char *name; /* as users know it: "rw"; static */
	char *text;       /* the value as written, for messages */
	union {
		bool flag;
		int choice;
		uint64_t number;
		struct path_rule path;
		struct {
			char *name, *value;
		} pair;
		struct {
			char *path; /* of the disk, or of anything on it */
			uint64_t number;
		} amount;
	};
	struct origin origin;
};

struct request {
	VECTOR(struct setting) settings; /* in order of rising precedence */
	struct strv arguments;   /* the program and its arguments; empty where none were given */
	char *profile;           /* name of the profile chosen, "default" where none matched */
	struct timespec settled; /* plan.h */
	char *session; /* directory of the throwaway session that overlays are kept in; NULL: they
			  are in memory */
};

/* The last setting of that kind, which is the one that holds; NULL where there is none. */
const struct setting *request_last(const struct request *request, enum setting_id id);

/* The value of the last setting of that kind, or @otherwise. */
int request_choice(const struct request *request, enum setting_id id, int otherwise);
bool request_flag(const struct request *request, enum setting_id id);
const char *request_text(const struct request *request, enum setting_id id, const char *otherwise);

/* Walk over all settings of one kind in order of rising precedence. */
#define request_each(s, request, wanted)      \
	vector_each (s, &(request)->settings) \
		if ((s)->id == (wanted))

/*
 * "--rw ~/x" for the command line, "firefox.profile:12: rw ~/x" for a file: how every message about
 * a setting begins. The caller frees it.
 */
char *setting_origin(const struct setting *setting);

/* Frees what one setting owns. */
void setting_free(struct setting *setting);

/* Frees what the request owns; fine on a half-built one. */
void request_free(struct request *request);
