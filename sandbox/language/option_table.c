// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The option table. Rows of one group stand together, the most used first: that is the order in
 * which --help shows them.
 */
#include "language/option_table.h"

#include <string.h>

#define CHOICES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* In the order of the enumerations in plan/request.h. */
#define ARGUMENTS      CHOICES("none", "ro", "rw", "rw-directory")
#define X11S           CHOICES("none", "isolated", "host")
#define WAYLANDS       CHOICES("none", "isolated", "plain")
#define CWDS           CHOICES("none", "ro", "rw", "overlay")
#define GITS           CHOICES("none", "protect")
#define NETS           CHOICES("none", "internet", "lan", "host")
#define BUSES          CHOICES("none", "filter")
#define LINKS          CHOICES("none", "ask")
#define TTYS           CHOICES("auto", "own", "share")
#define REPORT_FORMATS CHOICES("json", "meta")

#define CONFLICTS CHOICES("skip", "ours", "theirs", "both")

#define LAYERS CHOICES("namespaces", "landlock", "seccomp", "limits")

/* Those of setrlimit(2). */
#define RLIMITS                                                                               \
	CHOICES("as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", \
		"nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack")

/* What says how the program will run belongs to `explain` as well. */
#define SANDBOX (VERB_RUN | VERB_EXPLAIN | VERB_SHELL | VERB_CHECK)
/* Those that deal with running sandboxes. */
#define RUNNING                                                                               \
	(VERB_PS | VERB_STOP | VERB_EXEC | VERB_INFO | VERB_DENY | VERB_PAUSE | VERB_RESUME | \
	 VERB_WAIT | VERB_TOP | VERB_LOGS)
/* What is done with a throwaway session after it. */
#define SESSION (VERB_DIFF | VERB_APPLY | VERB_UNDO | VERB_DISCARD | VERB_SESSIONS)
#define ALL                                                                                   \
	(SANDBOX | VERB_INTEGRATE | VERB_LEARN | VERB_IMAGE | VERB_HOME | RUNNING | SESSION | \
	 VERB_DOCTOR | VERB_PROFILE | VERB_HELP | VERB_VERSION)

const char *const group_titles[GROUP_COUNT] = {
	[GROUP_FILES] = "Files",
	[GROUP_NETWORK] = "Network",
	[GROUP_DBUS] = "D-Bus",
	[GROUP_PROFILE] = "Profiles",
	[GROUP_ENVIRONMENT] = "Environment",
	[GROUP_IDENTITY] = "Identity",
	[GROUP_LIMITS] = "Limits",
	[GROUP_PROCESS] = "Process",
	[GROUP_CONFINEMENT] = "Confinement",
	[GROUP_SESSION] = "Session",
	[GROUP_OUTPUT] = "Output",
};

/* clang-format off */
const struct option_row option_table[] = {
	{SETTING_RO, "ro", 0, "filesystem", "ro", VALUE_BIND, "PATH[:DEST]", NULL, GROUP_FILES,
	 "show PATH read-only; PATH? where it may be absent", SANDBOX, true},
	{SETTING_RW, "rw", 0, "filesystem", "rw", VALUE_BIND, "PATH[:DEST]", NULL, GROUP_FILES,
	 "show PATH and let the program write there", SANDBOX, true},
	{SETTING_DATA, NULL, 0, "filesystem", "data", VALUE_PATH, "PATH", NULL, GROUP_FILES,
	 "a directory of the program's own in the home: writable, and made where it is missing", 0, false},
	{SETTING_HIDE, "hide", 0, "filesystem", "hide", VALUE_PATH, "PATH", NULL, GROUP_FILES,
	 "cover PATH with something empty", SANDBOX, true},
	{SETTING_TMPFS, "tmpfs", 0, "filesystem", "tmpfs", VALUE_TMPFS, "PATH[:SIZE]", NULL, GROUP_FILES,
	 "an empty directory in memory", SANDBOX, false},
	{SETTING_OVERLAY, "overlay", 0, "filesystem", "overlay", VALUE_BIND, "PATH[:DEST]", NULL, GROUP_FILES,
	 "show PATH; what is written there is dropped at the end", SANDBOX, false},
	{SETTING_COPY, "copy", 0, "filesystem", "copy", VALUE_BIND, "PATH[:DEST]", NULL, GROUP_FILES,
	 "the same in a session, over a copy where no overlay can be laid over PATH", SANDBOX, false},
	{SETTING_COPY_LIMIT, "copy-limit", 0, "filesystem", "copy-limit", VALUE_SIZE, "SIZE", NULL, GROUP_FILES,
	 "what --copy may copy, all together (1G)", SANDBOX, false},
	{SETTING_HOME, "home", 0, "filesystem", "home", VALUE_HOME, "private|overlay|real|NAME", NULL, GROUP_FILES,
	 "empty, a copy to be dropped, yours, one that is kept", SANDBOX | VERB_INTEGRATE, true},
	{SETTING_CWD, "cwd", 0, "filesystem", "cwd", VALUE_CHOICE, "HOW", CWDS, GROUP_FILES,
	 "share the working directory", SANDBOX, true},
	{SETTING_ARGUMENTS, "arguments", 0, "filesystem", "arguments", VALUE_CHOICE, "HOW", ARGUMENTS, GROUP_FILES,
	 "share the files that the command line names", SANDBOX, false},
	{SETTING_GIT, "git", 0, "filesystem", "git", VALUE_CHOICE, "HOW", GITS, GROUP_FILES,
	 "protect what git obeys in the working directory", SANDBOX, false},
	{SETTING_CHDIR, "chdir", 0, "filesystem", "chdir", VALUE_DIRECTORY, "DIR", NULL, GROUP_FILES,
	 "start the program in DIR", SANDBOX | VERB_EXEC, false},
	{SETTING_ROOT, "root", 0, "filesystem", "root", VALUE_ROOT, "DIR|IMAGE", NULL, GROUP_FILES,
	 "another root: DIR, FILE.tar, docker-archive:FILE, oci:DIR", SANDBOX, false},
	{SETTING_IMAGE_LIMIT, "image-limit", 0, "filesystem", "image-limit", VALUE_SIZE, "SIZE", NULL, GROUP_FILES,
	 "what an image may unpack to (16G)", SANDBOX | VERB_IMAGE, false},
	{SETTING_SYMLINK, "symlink", 0, "filesystem", "symlink", VALUE_SYMLINK, "PATH:TARGET", NULL, GROUP_FILES,
	 "a symbolic link at PATH that says TARGET", SANDBOX, false},
	{SETTING_NOEXEC, "noexec", 0, "filesystem", "noexec", VALUE_PATH, "PATH", NULL, GROUP_FILES,
	 "nothing below PATH can be executed", SANDBOX, false},
	{SETTING_DEV, "dev", 0, "filesystem", "dev", VALUE_DEVICE, "WORD|PATH", NULL, GROUP_FILES,
	 "devices: gpu, camera, gamepad, kvm, usb, … or /dev/…", SANDBOX, false},

	{SETTING_NET, "net", 0, "network", "mode", VALUE_CHOICE, "MODE", NETS, GROUP_NETWORK,
	 "nothing, public addresses, private ones too, the host's", SANDBOX, true},
	{SETTING_NET_ALLOW, "allow", 0, "network", "allow", VALUE_NET_RULES, "HOST[:PORT]", NULL, GROUP_NETWORK,
	 "only this, and what else is allowed, may be reached", SANDBOX, true},
	{SETTING_NET_DENY, "deny", 0, "network", "deny", VALUE_NET_RULES, "HOST[:PORT]", NULL, GROUP_NETWORK,
	 "this may not be reached", SANDBOX, false},
	{SETTING_PUBLISH, "publish", 0, "network", "publish", VALUE_PUBLISH, "[IP:]PORT[:PORT][/udp]", NULL, GROUP_NETWORK,
	 "a port of the host leads to one in the sandbox", SANDBOX, false},
	{SETTING_HOST_PORT, "host-port", 0, "network", "host-port", VALUE_PORTS, "PORT", NULL, GROUP_NETWORK,
	 "127.0.0.1:PORT in the sandbox leads to the host's", SANDBOX, false},
	{SETTING_DNS, "dns", 0, "network", "dns", VALUE_ADDRESSES, "ADDRESS", NULL, GROUP_NETWORK,
	 "ask this name server, not the host's", SANDBOX, false},
	{SETTING_LIMIT_UP, "net-limit-up", 0, "network", "limit-up", VALUE_RATE, "RATE", NULL, GROUP_NETWORK,
	 "no more bytes a second than that out of the sandbox", SANDBOX, false},
	{SETTING_LIMIT_DOWN, "net-limit-down", 0, "network", "limit-down", VALUE_RATE, "RATE", NULL, GROUP_NETWORK,
	 "no more bytes a second than that into it", SANDBOX, false},
	{SETTING_PCAP, "pcap", 0, NULL, NULL, VALUE_DIRECTORY, "FILE", NULL, GROUP_NETWORK,
	 "write what passes to FILE, for tcpdump or wireshark", SANDBOX, false},

	{SETTING_X11, NULL, 0, "display", "x11", VALUE_CHOICE, "HOW", X11S, GROUP_FILES,
	 "no X server, one of its own in a window, or yours, with all who use it", 0, false},
	{SETTING_WAYLAND, NULL, 0, "display", "wayland", VALUE_CHOICE, "HOW", WAYLANDS, GROUP_FILES,
	 "no compositor, one that knows the sandbox, or as any other client", 0, false},
	{SETTING_SOUND_PLAY, NULL, 0, "sound", "play", VALUE_PATH, "PATH", NULL, GROUP_FILES,
	 "play by the PulseAudio server that listens at PATH, and nothing else", 0, false},
	{SETTING_SOUND_RECORD, NULL, 0, "sound", "record", VALUE_PATH, "PATH", NULL, GROUP_FILES,
	 "the same, and record", 0, false},
	{SETTING_DBUS_SESSION, "dbus-session", 0, "dbus", "session", VALUE_CHOICE, "HOW", BUSES, GROUP_DBUS,
	 "the session's bus, as far as there are rules for it", SANDBOX, false},
	{SETTING_SESSION_SEE, "dbus-see", 0, "dbus", "session.see", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "learn whether NAME is there", SANDBOX, false},
	{SETTING_SESSION_TALK, "dbus-talk", 0, "dbus", "session.talk", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "call all that NAME offers, and hear it", SANDBOX, false},
	{SETTING_SESSION_OWN, "dbus-own", 0, "dbus", "session.own", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "be known as NAME", SANDBOX, false},
	{SETTING_SESSION_CALL, "dbus-call", 0, "dbus", "session.call", VALUE_BUS_RULES, "NAME=RULE", NULL, GROUP_DBUS,
	 "call only some methods of NAME", SANDBOX, false},
	{SETTING_SESSION_BROADCAST, "dbus-broadcast", 0, "dbus", "session.broadcast", VALUE_BUS_RULES, "NAME=RULE", NULL, GROUP_DBUS,
	 "hear only some signals of NAME", SANDBOX, false},
	{SETTING_DBUS_SYSTEM, "dbus-system", 0, "dbus", "system", VALUE_CHOICE, "HOW", BUSES, GROUP_DBUS,
	 "the system's bus, the same", SANDBOX, false},
	{SETTING_SYSTEM_SEE, "dbus-system-see", 0, "dbus", "system.see", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "learn whether NAME is there, on the system's bus", SANDBOX, false},
	{SETTING_SYSTEM_TALK, "dbus-system-talk", 0, "dbus", "system.talk", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "call all that NAME offers, and hear it, on the system's bus", SANDBOX, false},
	{SETTING_SYSTEM_OWN, "dbus-system-own", 0, "dbus", "system.own", VALUE_BUS_RULES, "NAME", NULL, GROUP_DBUS,
	 "be known as NAME, on the system's bus", SANDBOX, false},
	{SETTING_SYSTEM_CALL, "dbus-system-call", 0, "dbus", "system.call", VALUE_BUS_RULES, "NAME=RULE", NULL, GROUP_DBUS,
	 "call only some methods of NAME, on the system's bus", SANDBOX, false},
	{SETTING_SYSTEM_BROADCAST, "dbus-system-broadcast", 0, "dbus", "system.broadcast", VALUE_BUS_RULES, "NAME=RULE", NULL, GROUP_DBUS,
	 "hear only some signals of NAME, on the system's bus", SANDBOX, false},
	{SETTING_DBUS_ACCESSIBILITY, "dbus-accessibility", 0, "dbus", "accessibility", VALUE_CHOICE, "HOW", BUSES, GROUP_DBUS,
	 "the bus of screen readers, to be read but not to read others", SANDBOX, false},
	{SETTING_DBUS_LOG, "dbus-log", 0, "dbus", "log", VALUE_FLAG, NULL, NULL, GROUP_DBUS,
	 "say what was refused on a bus, and what would allow it", SANDBOX, false},
	{SETTING_DBUS_IDENTITY, "dbus-identity", 0, "dbus", "identity", VALUE_FLAG, NULL, NULL, GROUP_DBUS,
	 "portals see which sandbox asks (yes, unless said)", SANDBOX, false},

	{SETTING_LINKS, NULL, 0, "dbus", "links", VALUE_CHOICE, "HOW", LINKS, GROUP_DBUS,
	 "have links opened outside, each asked about; where the portal is reached, that decides", 0, false},

	{OPTION_PROFILE, "profile", 'p', NULL, NULL, VALUE_PROFILE, "NAME|FILE", NULL, GROUP_PROFILE,
	 "this profile, not the one of the program's name", SANDBOX | VERB_INTEGRATE, true},
	{OPTION_USE, "use", 0, "profile", "use", VALUE_WORDS, "WORD", NULL, GROUP_PROFILE,
	 "what a word grants", SANDBOX, true},
	{OPTION_INCLUDE, NULL, 0, "profile", "include", VALUE_WORDS, "NAME|FILE", NULL, GROUP_PROFILE,
	 "all that another profile says, before this one's own lines", 0, false},
	{OPTION_DESCRIPTION, NULL, 0, "profile", "description", VALUE_TEXT, "TEXT", NULL, GROUP_PROFILE,
	 "one line for `hutch profile list`", 0, false},
	{OPTION_NEEDS, NULL, 0, "profile", "needs", VALUE_TEXT, "PATH", NULL, GROUP_PROFILE,
	 "a word counts only on a host that has these", 0, false},
	{SETTING_EXPOSES, NULL, 0, "profile", "exposes", VALUE_TEXT, "TEXT", NULL, GROUP_PROFILE,
	 "what a word exposes, for `hutch explain`", 0, false},
	{SETTING_ESCAPE, NULL, 0, "profile", "escape", VALUE_TEXT, "TEXT", NULL, GROUP_PROFILE,
	 "how a program gets out with a word, of which `hutch explain` warns", 0, false},

	{SETTING_KEEP_ENV, "keep-env", 0, "environment", "keep", VALUE_VARIABLES, "NAME", NULL, GROUP_ENVIRONMENT,
	 "pass a variable on; NAME* for all that begin so", SANDBOX, true},
	{SETTING_ENV, "env", 0, "environment", "set", VALUE_ASSIGNMENT, "NAME=VALUE", NULL, GROUP_ENVIRONMENT,
	 "set a variable", SANDBOX | VERB_EXEC, true},

	{SETTING_UID, "uid", 0, "identity", "uid", VALUE_UID, "ID", CHOICES("self", "root", "range"), GROUP_IDENTITY,
	 "user id inside: self, root, range (of /etc/subuid) or a number", SANDBOX, false},
	{SETTING_GID, "gid", 0, "identity", "gid", VALUE_GID, "ID", NULL, GROUP_IDENTITY,
	 "group id inside", SANDBOX, false},
	{SETTING_HOSTNAME, "hostname", 0, "identity", "hostname", VALUE_HOSTNAME, "NAME", NULL, GROUP_IDENTITY,
	 "host name inside", SANDBOX, false},

	{SETTING_MEMORY, "memory", 0, "resources", "memory.max", VALUE_MEMORY, "SIZE", NULL, GROUP_LIMITS,
	 "memory of all processes together; beyond, one is killed", SANDBOX, true},
	{SETTING_MEMORY_HIGH, "memory-high", 0, "resources", "memory.high", VALUE_MEMORY, "SIZE", NULL, GROUP_LIMITS,
	 "memory from which on it is slowed down", SANDBOX, false},
	{SETTING_SWAP, "swap", 0, "resources", "memory.swap", VALUE_BYTES, "SIZE", NULL, GROUP_LIMITS,
	 "swap space; none with --memory unless it is said", SANDBOX, false},
	{SETTING_PIDS, "pids", 0, "resources", "pids.max", VALUE_COUNT, "N", NULL, GROUP_LIMITS,
	 "processes and threads", SANDBOX, false},
	{SETTING_CPUS, "cpus", 0, "resources", "cpus", VALUE_CPUS, "N", NULL, GROUP_LIMITS,
	 "processors' worth of time at most, as in 1.5", SANDBOX, false},
	{SETTING_CPU_WEIGHT, "cpu-weight", 0, "resources", "cpu.weight", VALUE_WEIGHT, "1-10000", NULL, GROUP_LIMITS,
	 "share where processors are short; others have 100", SANDBOX, false},
	{SETTING_IO_WEIGHT, "io-weight", 0, "resources", "io.weight", VALUE_WEIGHT, "1-10000", NULL, GROUP_LIMITS,
	 "share where disks are busy; others have 100", SANDBOX, false},
	{SETTING_IO_READ, "io-read", 0, "resources", "io.read", VALUE_AMOUNT, "PATH:SIZE", NULL, GROUP_LIMITS,
	 "bytes a second read from the disk that PATH is on", SANDBOX, false},
	{SETTING_IO_WRITE, "io-write", 0, "resources", "io.write", VALUE_AMOUNT, "PATH:SIZE", NULL, GROUP_LIMITS,
	 "bytes a second written to it", SANDBOX, false},
	{SETTING_IO_READ_OPS, "io-read-ops", 0, "resources", "io.read-ops", VALUE_AMOUNT, "PATH:N", NULL, GROUP_LIMITS,
	 "reads a second from it", SANDBOX, false},
	{SETTING_IO_WRITE_OPS, "io-write-ops", 0, "resources", "io.write-ops", VALUE_AMOUNT, "PATH:N", NULL, GROUP_LIMITS,
	 "writes a second to it", SANDBOX, false},
	{SETTING_TIME, "time", 0, "resources", "time", VALUE_DURATION, "TIME", NULL, GROUP_LIMITS,
	 "end it after that much time on processors (status 124)", SANDBOX, false},
	{SETTING_WALL, "wall", 0, "resources", "wall", VALUE_DURATION, "TIME", NULL, GROUP_LIMITS,
	 "end it after that much time (status 124)", SANDBOX, true},
	{SETTING_FSIZE, "fsize", 0, "resources", "fsize", VALUE_BYTES, "SIZE", NULL, GROUP_LIMITS,
	 "no file grows beyond SIZE", SANDBOX, false},
	{SETTING_OUTPUT, "output", 0, "resources", "output", VALUE_BYTES, "SIZE", NULL, GROUP_LIMITS,
	 "standard output and error end after SIZE bytes", SANDBOX, false},

	{SETTING_NAME, "name", 0, NULL, NULL, VALUE_INSTANCE, "NAME", NULL, GROUP_PROCESS,
	 "call the running sandbox NAME (hutch ps)", SANDBOX, false},
	{SETTING_RLIMIT, "rlimit", 0, "process", "rlimit.", VALUE_RLIMIT, "NAME=SOFT[:HARD]", RLIMITS, GROUP_PROCESS,
	 "a limit of setrlimit(2) by name (nofile=256)", SANDBOX, false},
	{SETTING_TTY, "tty", 0, "process", "tty", VALUE_CHOICE, "HOW", TTYS, GROUP_PROCESS,
	 "a terminal of its own, or the caller's", SANDBOX | VERB_EXEC, false},
	{SETTING_FD, "fd", 0, NULL, NULL, VALUE_NUMBERS, "N", NULL, GROUP_PROCESS,
	 "hand descriptor N to the program; all others above 2 are closed", SANDBOX, false},
	{SETTING_RAISE_SIGNAL, "raise-signal", 0, NULL, NULL, VALUE_FLAG, NULL, NULL, GROUP_PROCESS,
	 "die of the signal that ended the program", SANDBOX, false},

	{SETTING_SECCOMP, "seccomp", 0, "seccomp", "policy", VALUE_POLICY, "NAME|FILE", NULL, GROUP_CONFINEMENT,
	 "policy for system calls; none for no filter", SANDBOX, false},
	{SETTING_NESTED, "nested", 0, "profile", "nested", VALUE_FLAG, NULL, NULL, GROUP_CONFINEMENT,
	 "let the program make sandboxes of its own", SANDBOX, false},
	{SETTING_ALLOW_WEAKER, "allow-weaker", 0, NULL, NULL, VALUE_LAYERS, "LAYER", LAYERS, GROUP_CONFINEMENT,
	 "go on where this host cannot enforce LAYER", SANDBOX, false},

	{OPTION_REVIEW, "review", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_SESSION,
	 "keep what is written in the working directory aside, to look at first", VERB_RUN, false},
	{OPTION_KEEP, "keep", 0, NULL, NULL, VALUE_SESSION, "NAME", NULL, GROUP_SESSION,
	 "begin a session of that name, and keep it without asking", VERB_SHELL, true},
	{OPTION_RM, "rm", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_SESSION,
	 "drop what was changed at the end, without asking", VERB_SHELL, true},
	{OPTION_BASE, "base", 0, NULL, NULL, VALUE_SESSION, "NAME", NULL, GROUP_SESSION,
	 "begin with a copy of what another session changed", VERB_SHELL, true},
	{OPTION_STAT, "stat", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_SESSION,
	 "lines that were added and removed, for each file", VERB_DIFF, true},
	{OPTION_UNIFIED, "unified", 'u', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_SESSION,
	 "the changed lines themselves, as patch(1) takes them", VERB_DIFF, true},
	{OPTION_ONLY, "only", 0, NULL, NULL, VALUE_PATTERNS, "PATTERN", NULL, GROUP_SESSION,
	 "only what matches: a path, or one with * ? [ ]", VERB_DIFF | VERB_APPLY, true},
	{OPTION_EXCEPT, "except", 0, NULL, NULL, VALUE_PATTERNS, "PATTERN", NULL, GROUP_SESSION,
	 "all but what matches", VERB_DIFF | VERB_APPLY, true},
	{OPTION_ON_CONFLICT, "on-conflict", 0, NULL, NULL, VALUE_CHOICE, "HOW", CONFLICTS, GROUP_SESSION,
	 "what to do where the host changed too", VERB_APPLY, true},
	{OPTION_FORCE, "force", 'f', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_SESSION,
	 "also what was changed on the host since it was applied", VERB_UNDO, true},
	{OPTION_FORCE, "force", 'f', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "remove without asking", VERB_HOME, true},
	{OPTION_FORCE, "force", 'f', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "also an entry that was changed since hutch wrote it", VERB_INTEGRATE, true},
	{OPTION_ALL_KNOWN, "all-known", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "all installed programs that there is a profile for", VERB_INTEGRATE, true},
	{OPTION_YES, "yes", 'y', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "do not ask", VERB_INTEGRATE, true},

	{SETTING_REPORT, "report", 0, NULL, NULL, VALUE_REPORT, "FILE|fd:N", NULL, GROUP_OUTPUT,
	 "write what was enforced and how it ended", SANDBOX, false},
	{SETTING_REPORT_FORMAT, "report-format", 0, NULL, NULL, VALUE_CHOICE, "FORM", REPORT_FORMATS, GROUP_OUTPUT,
	 "JSON or key:value lines", SANDBOX, false},
	{OPTION_QUERY_PATH, "path", 0, NULL, NULL, VALUE_TEXT, "PATH", NULL, GROUP_OUTPUT,
	 "answer for PATH alone, and why", VERB_EXPLAIN, true},
	{OPTION_JSON, "json", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "print JSON", VERB_EXPLAIN | VERB_CHECK | VERB_DOCTOR | VERB_PROFILE | VERB_PS | VERB_INFO | VERB_TOP | VERB_IMAGE | VERB_HOME | VERB_INTEGRATE | VERB_DIFF | VERB_SESSIONS, true},
	{OPTION_NAMES, "names", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "print names only, one a line", VERB_PROFILE | VERB_PS | VERB_HOME | VERB_INTEGRATE | VERB_SESSIONS, true},
	{OPTION_WRITE, "write", 0, NULL, NULL, VALUE_PROFILE, "NAME|FILE", NULL, GROUP_OUTPUT,
	 "write the profile to ~/.config/hutch/NAME.profile, or to FILE", VERB_LEARN, true},
	{OPTION_DETACH, "detach", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_PROCESS,
	 "go on in the background; `hutch logs` has what it writes", VERB_RUN, false},
	{OPTION_FOLLOW, "follow", 'f', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "go on with what is written until it ends", VERB_LOGS, true},
	{OPTION_WATCH, "watch", 'w', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "show it again every second", VERB_PS, true},
	{OPTION_GRACE, "grace", 0, NULL, NULL, VALUE_DURATION, "TIME", NULL, GROUP_PROCESS,
	 "how long a program may take to end (10s)", VERB_STOP, true},
	{OPTION_LOG_DENIED, "log-denied", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "say which system calls the seccomp policy denied", VERB_RUN | VERB_SHELL, false},
	{OPTION_LOG_JSON, "log-json", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "messages on standard error as JSON, one object a line", SANDBOX, false},
	{OPTION_VERBOSE, "verbose", 'v', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "trace each step", SANDBOX | SESSION | VERB_DOCTOR | VERB_PROFILE, false},
	{OPTION_HELP, "help", 'h', NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "the most used options; --help=all for every one", ALL, true},
	{OPTION_VERSION, "version", 0, NULL, NULL, VALUE_NONE, NULL, NULL, GROUP_OUTPUT,
	 "print the version", ALL, false},
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

#define ROW_COUNT (sizeof(option_table) / sizeof(option_table[0]))

#define each_row(row)                                                                         \
	for (const struct option_row *(row) = option_table; (row) < option_table + ROW_COUNT; \
	     (row)++)

bool option_is_list(const struct option_row *row)
{
	static const bool lists[VALUE_TYPES] = {
		[VALUE_BIND] = true,      [VALUE_PATH] = true,      [VALUE_TMPFS] = true,
		[VALUE_SYMLINK] = true,   [VALUE_DEVICE] = true,    [VALUE_LAYERS] = true,
		[VALUE_VARIABLES] = true, [VALUE_NUMBERS] = true,   [VALUE_RLIMIT] = true,
		[VALUE_WORDS] = true,     [VALUE_NET_RULES] = true, [VALUE_PUBLISH] = true,
		[VALUE_PORTS] = true,     [VALUE_ADDRESSES] = true, [VALUE_PATTERNS] = true,
		[VALUE_AMOUNT] = true,    [VALUE_BUS_RULES] = true,
	};

	return lists[row->type];
}

const struct option_row *option_by_id(int id)
{
	each_row(row) if (row->id == id) return row;
	return NULL;
}

const struct option_row *option_by_name(const char *name, size_t length, enum verb verb)
{
	each_row(row) if (row->name && (row->verbs & verb) &&
			  strncmp(row->name, name, length) == 0 &&
			  row->name[length] == '\0') return row;
	return NULL;
}

const struct option_row *option_by_letter(char letter, enum verb verb)
{
	each_row(row) if (row->letter == letter && (row->verbs & verb)) return row;
	return NULL;
}

/* What is behind the row's own key in @key, the name where one belongs there; NULL: @key is another. */
static const char *row_takes(const struct option_row *row, const char *key)
{
	const char *rest;

	/* The first letter spares nearly all comparisons: every line of a profile asks. */
	if (!row->section || row->key[0] != key[0])
		return NULL;
	rest = startswith(key, row->key);
	return rest && (row->key[strlen(row->key) - 1] == '.') == (*rest != '\0') ? rest : NULL;
}

const struct option_row *option_by_key(const char *section, const char *key, const char **ret_rest)
{
	each_row(row)
	{
		const char *rest = row_takes(row, key);

		if (!rest || !streq(row->section, section))
			continue;
		*ret_rest = *rest ? rest : NULL;
		return row;
	}
	return NULL;
}

const char *option_nearest(const char *name, enum verb verb)
{
	const char *names[ROW_COUNT], *begins = NULL;
	size_t count = 0, beginning = 0;

	each_row(row)
	{
		if (!row->name || !(row->verbs & verb))
			continue;
		names[count++] = row->name;
		if (startswith(row->name, name)) {
			begins = row->name;
			beginning++;
		}
	}
	/* Abbreviations are not taken, since a new option would change what they mean; but they are
	 * understood. */
	return beginning == 1 ? begins : string_nearest(name, names, count);
}

const char *option_nearest_key(const char *section, const char *key)
{
	const char *keys[ROW_COUNT];
	size_t count = 0;

	each_row(row) if (row->section && streq(row->section, section)) keys[count++] = row->key;
	return string_nearest(key, keys, count);
}

const char *option_section_of(const char *key)
{
	each_row(row) if (row_takes(row, key)) return row->section;
	return NULL;
}

bool option_is_section(const char *section)
{
	each_row(row) if (row->section && streq(row->section, section)) return true;
	return false;
}

const char *option_nearest_section(const char *section)
{
	const char *sections[ROW_COUNT];
	size_t count = 0;

	each_row(row) if (row->section) sections[count++] = row->section;
	return string_nearest(section, sections, count);
}
