// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/request.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The one table of everything a user can set.
 *
 * Parsing the command line, reading profile files, --help, the lists in the man pages and the
 * completions are all made from its rows. A new setting is one row here, and nothing else to keep
 * in step.
 */

/* The verbs, as bits of `verbs` below. */
enum verb {
	VERB_RUN = 1 << 0,
	VERB_EXPLAIN = 1 << 1,
	VERB_DOCTOR = 1 << 2,
	VERB_PROFILE = 1 << 3,
	VERB_HELP = 1 << 4,
	VERB_VERSION = 1 << 5,
	VERB_PS = 1 << 8,
	VERB_STOP = 1 << 9,
	VERB_EXEC = 1 << 10,
	VERB_INFO = 1 << 11,
	VERB_PAUSE = 1 << 12,
	VERB_DENY = 1 << 25,
	VERB_RESUME = 1 << 13,
	VERB_WAIT = 1 << 14,
	VERB_TOP = 1 << 15,
	VERB_LOGS = 1 << 6,
	VERB_SHELL = 1 << 16,
	VERB_DIFF = 1 << 17,
	VERB_APPLY = 1 << 18,
	VERB_UNDO = 1 << 19,
	VERB_DISCARD = 1 << 20,
	VERB_SESSIONS = 1 << 21,
	VERB_IMAGE = 1 << 24,
	VERB_LEARN = 1 << 26,
	VERB_HOME = 1 << 27,
	VERB_INTEGRATE = 1 << 28,
	VERB_CHECK = 1 << 29,
};

/* What may be written as a value. `list`: several, with commas between them. */
enum value_type {
	VALUE_NONE,       /* no value: the option itself says it (--json) */
	VALUE_FLAG,       /* yes or no; the option alone means yes */
	VALUE_CHOICE,     /* one of .choices, its index is the value */
	VALUE_TEXT,       /* anything, taken as it is */
	VALUE_DIRECTORY,  /* text: one path, ~ and ${…} expanded */
	VALUE_ROOT,       /* text: the same, or KIND:PATH */
	VALUE_HOME,       /* choice: a word of enum home, or a name, which is the text */
	VALUE_SIZE,       /* number: bytes, with K, M, G or T behind it */
	VALUE_BIND,       /* list: PATH[?][:DEST] */
	VALUE_PATH,       /* list: PATH[?] */
	VALUE_TMPFS,      /* list: PATH[:SIZE] */
	VALUE_SYMLINK,    /* list: PATH:TARGET */
	VALUE_DEVICE,     /* list of text: a word or a path */
	VALUE_LAYERS,     /* list of text: each one of .choices */
	VALUE_UID,        /* text: one of .choices or an id */
	VALUE_GID,        /* text: an id */
	VALUE_HOSTNAME,   /* text */
	VALUE_POLICY,     /* text: a name, or a path where it has a slash */
	VALUE_VARIABLES,  /* list of text: NAME or NAME* */
	VALUE_ASSIGNMENT, /* pair: NAME=VALUE */
	VALUE_NUMBERS,    /* list of number: file descriptors */
	VALUE_DURATION,   /* number: milliseconds, 0 for "none" */
	VALUE_RLIMIT,     /* list of pair: NAME=SOFT[:HARD], NAME one of .choices */
	VALUE_MEMORY,     /* number: bytes, more than 0; "none": NO_LIMIT */
	VALUE_BYTES,      /* number: bytes, 0 as well; "none" */
	VALUE_COUNT,      /* number: 1 or more; "none" */
	VALUE_CPUS,       /* number: thousandths; "none" */
	VALUE_WEIGHT,     /* number: 1 to 10000; "none" */
	VALUE_AMOUNT,     /* list of amount: PATH:SIZE */
	VALUE_REPORT,     /* text: a file or fd:N */
	VALUE_NET_RULES,  /* list of text: what may be reached (language/network_value.h) */
	VALUE_PUBLISH,    /* list of text: [IP:]PORT[:PORT][/udp] */
	VALUE_PORTS,      /* list of number: 1 to 65535 */
	VALUE_ADDRESSES,  /* list of text: an address of IPv4 or IPv6 */
	VALUE_BUS_RULES,  /* list of text: rules for a message bus (plan/bus_rule.h) */
	VALUE_RATE,       /* number: bytes a second, 0 for "none" */
	VALUE_WORDS,      /* list of names of words or profiles */
	VALUE_INSTANCE,   /* text: name of a running sandbox */
	VALUE_PROFILE,    /* name or file of a profile */
	VALUE_SESSION,    /* name of a throwaway session */
	VALUE_PATTERNS,   /* list of text: paths with * ? [ ] */
	VALUE_TYPES,
};

/* Under which heading --help and the man pages show a row. */
enum option_group {
	GROUP_FILES,
	GROUP_NETWORK,
	GROUP_DBUS,
	GROUP_PROFILE,
	GROUP_ENVIRONMENT,
	GROUP_IDENTITY,
	GROUP_LIMITS,
	GROUP_PROCESS,
	GROUP_CONFINEMENT,
	GROUP_SESSION,
	GROUP_OUTPUT,
	GROUP_COUNT,
};

/* Rows that are no settings of the sandbox; they go on where enum setting_id ends. */
enum option_id {
	OPTION_PROFILE = SETTING_COUNT,
	OPTION_USE,
	OPTION_INCLUDE,
	OPTION_DESCRIPTION,
	OPTION_NEEDS,
	OPTION_VERBOSE,
	OPTION_JSON,
	OPTION_LOG_DENIED,
	OPTION_LOG_JSON,
	OPTION_QUERY_PATH,
	OPTION_NAMES,
	OPTION_WRITE,
	OPTION_WATCH,
	OPTION_DETACH,
	OPTION_FOLLOW,
	OPTION_GRACE,
	OPTION_REVIEW,
	OPTION_KEEP,
	OPTION_RM,
	OPTION_BASE,
	OPTION_STAT,
	OPTION_UNIFIED,
	OPTION_ONLY,
	OPTION_EXCEPT,
	OPTION_ON_CONFLICT,
	OPTION_FORCE,
	OPTION_ALL_KNOWN,
	OPTION_YES,
	OPTION_HELP,
	OPTION_VERSION,
};

struct option_row {
	int id;              /* enum setting_id or enum option_id */
	const char *name;    /* long name on the command line; NULL: only in profiles */
	char letter;         /* short name; 0: none */
	const char *section; /* section and key in a profile; NULL: only on the command line */
	const char *key; /* one that ends in "." takes the rest of the name as part of the value */
	enum value_type type;
	const char *metavar;
	const char *const *choices; /* NULL-terminated: the values, or of rlimit the names, that
				       there are; NULL: any */
	enum option_group group;
	const char *help; /* one line, no full stop */
	unsigned verbs;   /* which take it */
	bool common;      /* shown by the short --help */
};

extern const struct option_row option_table[];
extern const size_t option_count;
extern const char *const group_titles[GROUP_COUNT];

/* Whether the row's value may be several, with commas between them. */
bool option_is_list(const struct option_row *row);

/* The row of a setting or option; NULL where there is none. */
const struct option_row *option_by_id(int id);

/* The row of a long name that @verb takes, of a letter, of a profile's key; NULL where there is
 * none. For a key that ends in "." (rlimit.NAME) @ret_rest is NAME, else NULL. */
const struct option_row *option_by_name(const char *name, size_t length, enum verb verb);
const struct option_row *option_by_letter(char letter, enum verb verb);
const struct option_row *option_by_key(const char *section, const char *key, const char **ret_rest);

/* The long name nearest to one that is not in the table (without dashes); NULL: none is near. */
const char *option_nearest(const char *name, enum verb verb);

/* The key nearest to one that @section does not have; NULL: none is near. */
const char *option_nearest_key(const char *section, const char *key);

/* The section that does have @key, for a key that stands in the wrong one; NULL: none does. */
const char *option_section_of(const char *key);

/* Whether a profile may have that section, and the nearest that it may have. */
bool option_is_section(const char *section);
const char *option_nearest_section(const char *section);
