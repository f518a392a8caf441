// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bubblewrap's options, one row each: the name, what it takes, the function that takes it, and the
 * line of --help.
 */
#include "language/bwrap_options.h"

#include "kernel/capability.h"
#include "language/number.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>

static int warn_of_repetition(struct bwrap_parser *parser, const struct bwrap_option *option,
			      bool given)
{
	if (given)
		strv_take(&parser->line->warnings,
			  xasprintf("Only the last %s option will take effect", option->name));
	return 0;
}

static void *target(struct bwrap_parser *parser, const struct bwrap_option *option)
{
	return (char *)parser->line + option->offset;
}

static int take_flag(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		     struct error *e)
{
	*(bool *)target(parser, option) = true;
	return 0;
}

static int take_text(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		     struct error *e)
{
	char **text = target(parser, option);

	warn_of_repetition(parser, option, *text != NULL);
	free(*text);
	*text = xstrdup(values[0]);
	return 0;
}

int bwrap_parse_fd(const char *text, int *ret, struct error *e)
{
	uint64_t number;

	if (number_plain(text, 0, INT_MAX, &number, NULL) < 0)
		return error_set(e, EBADF, "Invalid fd: %s", text);
	*ret = (int)number;
	return 0;
}

static int take_fd(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		   struct error *e)
{
	int *fd = target(parser, option);

	warn_of_repetition(parser, option, *fd >= 0);
	return bwrap_parse_fd(values[0], fd, e);
}

static int take_id(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		   struct error *e)
{
	int64_t *id = target(parser, option);
	uint64_t number;

	warn_of_repetition(parser, option, *id >= 0);
	if (number_id(values[0], &number, NULL) < 0)
		return error_set(e, EINVAL, "Invalid %s: %s", option->name + 2, values[0]);
	*id = (int64_t)number;
	return 0;
}

static int take_unshare_all(struct bwrap_parser *parser, const struct bwrap_option *option,
			    char **values, struct error *e)
{
	struct exact_request *request = parser->request;

	request->user_try = request->ipc = request->pid = request->net = request->uts =
		request->cgroup_try = true;
	return 0;
}

static int take_share_net(struct bwrap_parser *parser, const struct bwrap_option *option,
			  char **values, struct error *e)
{
	parser->request->net = false;
	return 0;
}

static int take_environment(struct bwrap_parser *parser, const struct bwrap_option *option,
			    char **values, struct error *e)
{
	struct environment_change *change = vector_add(&parser->request->environment);

	change->verb = option->count == 2   ? ENVIRONMENT_SET
		       : option->count == 1 ? ENVIRONMENT_UNSET
					    : ENVIRONMENT_CLEAR;
	if (option->count && (!*values[0] || strchr(values[0], '=')))
		return error_errno(e, EINVAL, "%s %s", option->name, values[0]);
	change->name = option->count ? xstrdup(values[0]) : NULL;
	change->value = option->count == 2 ? xstrdup(values[1]) : NULL;
	return 0;
}

static int take_lock(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		     struct error *e)
{
	strv_add(&parser->request->locks, values[0]);
	return 0;
}

static int take_capability(struct bwrap_parser *parser, const struct bwrap_option *option,
			   char **values, struct error *e)
{
	struct capability_change *change = vector_add(&parser->request->capabilities);

	change->add = streq(option->name, "--cap-add");
	change->capability = -1;
	if (strcasecmp(values[0], "ALL") == 0)
		return 0;
	change->capability = capability_by_name(values[0]);
	return change->capability < 0 ? error_set(e, EINVAL, "unknown cap: %s", values[0]) : 0;
}

/* --seccomp has one program, the last; --add-seccomp-fd a list. */
static int take_seccomp(struct bwrap_parser *parser, const struct bwrap_option *option,
			char **values, struct error *e)
{
	bool list = streq(option->name, "--add-seccomp-fd");
	bool *mine = list ? &parser->line->seccomp_list : &parser->line->seccomp_one;
	const bool *other = list ? &parser->line->seccomp_one : &parser->line->seccomp_list;
	int fd = -1, r;

	if (*other)
		return error_set(e, EINVAL, "%s cannot be combined with %s", option->name,
				 list ? "--seccomp" : "--add-seccomp-fd");
	r = bwrap_parse_fd(values[0], &fd, e);
	if (r < 0)
		return r;
	if (*mine && !list) {
		warn_of_repetition(parser, option, true);
		parser->request->filters.count = 0;
	}
	*mine = true;
	*vector_add(&parser->request->filters) = fd;
	return 0;
}

/* As bubblewrap where it was built without SELinux, and where there is none. */
static int take_label(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		      struct error *e)
{
	return error_set(e, EOPNOTSUPP, "labeling not supported on this system");
}

static int parse_mode(const struct bwrap_option *option, const char *text, int *ret,
		      struct error *e)
{
	char *end = NULL;
	unsigned long mode = strtoul(text, &end, 8);

	if (!isdigit((unsigned char)text[0]) || *end || mode > 07777)
		return error_set(e, EINVAL, "%s takes an octal argument <= 07777", option->name);
	*ret = (int)mode;
	return 0;
}

static int take_perms(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		      struct error *e)
{
	if (parser->mode >= 0)
		return error_set(e, EINVAL, "--perms given twice for the same action");
	return parse_mode(option, values[0], &parser->mode, e);
}

static int take_size(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		     struct error *e)
{
	unsigned long long size;
	char *end = NULL;

	if (parser->size)
		return error_set(e, EINVAL, "--size given twice for the same action");
	errno = 0;
	size = strtoull(values[0], &end, 0);
	if (!isdigit((unsigned char)values[0][0]) || *end || errno || !size)
		return error_set(e, EINVAL, "--size takes a non-zero number of bytes");
	if (size > SIZE_MAX / 2)
		return error_set(e, EINVAL, "--size (for tmpfs) is limited to %zu", SIZE_MAX / 2);
	parser->size = size;
	return 0;
}

static struct operation *add_operation(struct bwrap_parser *parser,
				       const struct bwrap_option *option, char **values)
{
	struct operation *operation = vector_add(&parser->request->operations);
	_cleanup_strbuf_ struct strbuf text = {0};

	*operation = option->operation;
	operation->fd = operation->mode = -1;
	strbuf_printf(&text, "%s", option->name);
	for (int i = 0; i < option->count; i++)
		strbuf_printf(&text, " %s", values[i]);
	operation->text = TAKE_PTR(text.text);
	operation->destination = xstrdup(values[option->count - 1]);
	return operation;
}

/* SRC DEST, or DEST alone. */
static int take_operation(struct bwrap_parser *parser, const struct bwrap_option *option,
			  char **values, struct error *e)
{
	struct operation *operation = add_operation(parser, option, values);

	if (option->count == 2)
		operation->source = xstrdup(values[0]);
	return 0;
}

/* What --perms and --size are for. */
static int take_made(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		     struct error *e)
{
	struct operation *operation = add_operation(parser, option, values);

	operation->mode = parser->mode;
	parser->mode = -1;
	if (operation->kind == OPERATION_TMPFS) {
		operation->size = parser->size;
		parser->size = 0;
	}
	return option->count == 2 ? bwrap_parse_fd(values[0], &operation->fd, e) : 0;
}

static int take_bind_fd(struct bwrap_parser *parser, const struct bwrap_option *option,
			char **values, struct error *e)
{
	struct operation *operation = add_operation(parser, option, values);

	return bwrap_parse_fd(values[0], &operation->fd, e);
}

static int take_chmod(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		      struct error *e)
{
	struct operation *operation = add_operation(parser, option, values);

	return parse_mode(option, values[0], &operation->mode, e);
}

static int take_layer(struct bwrap_parser *parser, const struct bwrap_option *option, char **values,
		      struct error *e)
{
	strv_add(&parser->layers, values[0]);
	return 0;
}

static int take_overlay(struct bwrap_parser *parser, const struct bwrap_option *option,
			char **values, struct error *e)
{
	struct operation *operation = add_operation(parser, option, values);
	bool read_only = operation->writes == WRITES_NONE;

	if (parser->layers.count < (read_only ? 2 : 1))
		return error_set(e, EINVAL, "%s requires at least %s --overlay-src", option->name,
				 read_only ? "two" : "one");
	operation->layers = parser->layers;
	parser->layers = (struct strv){0};
	for (int i = 0; i < option->count - 1; i++)
		strv_add(&operation->layers, values[i]);
	return 0;
}

#define REQUEST(field) offsetof(struct bwrap_line, request.field)
#define LINE(field)    offsetof(struct bwrap_line, field)
#define BIND           .kind = OPERATION_BIND

const struct bwrap_option bwrap_options[] = {
	{"--help", "", 0, take_flag, LINE(help), {0}, "Print this help"},
	{"--version", "", 0, take_flag, LINE(version), {0}, "Print the version"},
	{"--args", "FD", 1, NULL, 0, {0}, "More arguments from FD, NUL behind each"},
	{"--argv0",
	 "VALUE",
	 1,
	 take_text,
	 REQUEST(argv0),
	 {0},
	 "What the program sees as its name"},
	{"--level-prefix",
	 "",
	 0,
	 take_flag,
	 LINE(level_prefix),
	 {0},
	 "Messages begin with their severity (<3>, <4>)"},
	{"--unshare-all", "", 0, take_unshare_all, 0, {0}, "New namespaces of every kind"},
	{"--share-net", "", 0, take_share_net, 0, {0}, "The host's network, after --unshare-all"},
	{"--unshare-user",
	 "",
	 0,
	 take_flag,
	 REQUEST(user),
	 {0},
	 "A new user namespace (implied unless run by root)"},
	{"--unshare-user-try",
	 "",
	 0,
	 take_flag,
	 REQUEST(user_try),
	 {0},
	 "The same where there are such"},
	{"--unshare-ipc", "", 0, take_flag, REQUEST(ipc), {0}, "A new IPC namespace"},
	{"--unshare-pid", "", 0, take_flag, REQUEST(pid), {0}, "A new PID namespace"},
	{"--unshare-net", "", 0, take_flag, REQUEST(net), {0}, "A new network namespace"},
	{"--unshare-uts", "", 0, take_flag, REQUEST(uts), {0}, "A new UTS namespace"},
	{"--unshare-cgroup", "", 0, take_flag, REQUEST(cgroup), {0}, "A new cgroup namespace"},
	{"--unshare-cgroup-try",
	 "",
	 0,
	 take_flag,
	 REQUEST(cgroup_try),
	 {0},
	 "The same where there are such"},
	{"--userns", "FD", 1, take_fd, REQUEST(userns), {0}, "Enter this user namespace"},
	{"--userns2",
	 "FD",
	 1,
	 take_fd,
	 REQUEST(userns2),
	 {0},
	 "Enter this user namespace once all is set up"},
	{"--disable-userns",
	 "",
	 0,
	 take_flag,
	 REQUEST(userns_disabled),
	 {0},
	 "No user namespaces can be made inside"},
	{"--assert-userns-disabled",
	 "",
	 0,
	 take_flag,
	 REQUEST(assert_userns_disabled),
	 {0},
	 "Fail where user namespaces can be made inside"},
	{"--pidns", "FD", 1, take_fd, REQUEST(pidns), {0}, "Enter this PID namespace"},
	{"--uid", "UID", 1, take_id, REQUEST(uid), {0}, "User id inside"},
	{"--gid", "GID", 1, take_id, REQUEST(gid), {0}, "Group id inside"},
	{"--hostname",
	 "NAME",
	 1,
	 take_text,
	 REQUEST(hostname),
	 {0},
	 "Host name inside (needs --unshare-uts)"},
	{"--chdir", "DIR", 1, take_text, REQUEST(directory), {0}, "Working directory"},
	{"--clearenv", "", 0, take_environment, 0, {0}, "Unset all variables"},
	{"--setenv", "VAR VALUE", 2, take_environment, 0, {0}, "Set a variable"},
	{"--unsetenv", "VAR", 1, take_environment, 0, {0}, "Unset a variable"},
	{"--lock-file", "DEST", 1, take_lock, 0, {0}, "Hold a lock on DEST as long as it runs"},
	{"--sync-fd", "FD", 1, take_fd, REQUEST(sync), {0}, "Hold FD open as long as it runs"},
	{"--bind", "SRC DEST", 2, take_operation, 0, {BIND}, "The host's SRC at DEST"},
	{"--bind-try",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {BIND, .optional = true},
	 "The same, if SRC is there"},
	{"--dev-bind",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {BIND, .devices = true},
	 "The same, devices can be used"},
	{"--dev-bind-try",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {BIND, .devices = true, .optional = true},
	 "The same, if SRC is there"},
	{"--ro-bind",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {BIND, .read_only = true},
	 "The host's SRC at DEST, read-only"},
	{"--ro-bind-try",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {BIND, .read_only = true, .optional = true},
	 "The same, if SRC is there"},
	{"--bind-fd", "FD DEST", 2, take_bind_fd, 0, {BIND}, "What FD has open, at DEST"},
	{"--ro-bind-fd",
	 "FD DEST",
	 2,
	 take_bind_fd,
	 0,
	 {BIND, .read_only = true},
	 "The same, read-only"},
	{"--remount-ro",
	 "DEST",
	 1,
	 take_operation,
	 0,
	 {.kind = OPERATION_REMOUNT},
	 "Make the mount at DEST read-only, not those below it"},
	{"--overlay-src",
	 "SRC",
	 1,
	 take_layer,
	 0,
	 {0},
	 "A layer, upon those before, of the overlay that follows",
	 true},
	{"--overlay",
	 "RWSRC WORKDIR DEST",
	 3,
	 take_overlay,
	 0,
	 {.kind = OPERATION_OVERLAY, .writes = WRITES_TO_HOST},
	 "The layers and RWSRC, which is written to, at DEST"},
	{"--tmp-overlay",
	 "DEST",
	 1,
	 take_overlay,
	 0,
	 {.kind = OPERATION_OVERLAY, .writes = WRITES_TO_MEMORY},
	 "The layers at DEST, writes are lost"},
	{"--ro-overlay",
	 "DEST",
	 1,
	 take_overlay,
	 0,
	 {.kind = OPERATION_OVERLAY, .writes = WRITES_NONE},
	 "The layers at DEST, read-only"},
	{"--exec-label", "LABEL", 1, take_label, 0, {0}, "SELinux label of the program: refused"},
	{"--file-label", "LABEL", 1, take_label, 0, {0}, "SELinux label of new files: refused"},
	{"--proc", "DEST", 1, take_operation, 0, {.kind = OPERATION_PROC}, "/proc at DEST"},
	{"--dev", "DEST", 1, take_operation, 0, {.kind = OPERATION_DEV}, "A minimal /dev at DEST"},
	{"--tmpfs", "DEST", 1, take_made, 0, {.kind = OPERATION_TMPFS}, "A tmpfs at DEST"},
	{"--mqueue",
	 "DEST",
	 1,
	 take_operation,
	 0,
	 {.kind = OPERATION_MQUEUE},
	 "Message queues at DEST"},
	{"--dir", "DEST", 1, take_made, 0, {.kind = OPERATION_DIRECTORY}, "A directory DEST"},
	{"--file",
	 "FD DEST",
	 2,
	 take_made,
	 0,
	 {.kind = OPERATION_FILE},
	 "A file DEST with what is read from FD"},
	{"--bind-data",
	 "FD DEST",
	 2,
	 take_made,
	 0,
	 {.kind = OPERATION_DATA},
	 "The same, as a mount"},
	{"--ro-bind-data",
	 "FD DEST",
	 2,
	 take_made,
	 0,
	 {.kind = OPERATION_DATA, .read_only = true},
	 "The same, read-only"},
	{"--symlink",
	 "SRC DEST",
	 2,
	 take_operation,
	 0,
	 {.kind = OPERATION_SYMLINK},
	 "A symbolic link DEST that says SRC"},
	{"--seccomp", "FD", 1, take_seccomp, 0, {0}, "The seccomp program that is read from FD"},
	{"--add-seccomp-fd", "FD", 1, take_seccomp, 0, {0}, "The same; may be repeated"},
	{"--block-fd",
	 "FD",
	 1,
	 take_fd,
	 REQUEST(block),
	 {0},
	 "Run the program once there is a byte to read"},
	{"--userns-block-fd",
	 "FD",
	 1,
	 take_fd,
	 REQUEST(userns_block),
	 {0},
	 "Leave the id maps to others, until there is a byte to read"},
	{"--info-fd", "FD", 1, take_fd, REQUEST(info), {0}, "Write to FD which process it is"},
	{"--json-status-fd",
	 "FD",
	 1,
	 take_fd,
	 REQUEST(status),
	 {0},
	 "Write to FD which process it is and how it ended"},
	{"--new-session", "", 0, take_flag, REQUEST(new_session), {0}, "A new terminal session"},
	{"--die-with-parent",
	 "",
	 0,
	 take_flag,
	 REQUEST(die_with_parent),
	 {0},
	 "Kill everything when bwrap or its parent ends"},
	{"--as-pid-1", "", 0, take_flag, REQUEST(as_pid_1), {0}, "Run the program as pid 1"},
	{"--cap-add", "CAP", 1, take_capability, 0, {0}, "Let the program have a capability; ALL"},
	{"--cap-drop", "CAP", 1, take_capability, 0, {0}, "Take a capability away; ALL"},
	{"--perms",
	 "OCTAL",
	 1,
	 take_perms,
	 0,
	 {0},
	 "Permissions for the next of --dir, --tmpfs, --file, …",
	 true},
	{"--size", "BYTES", 1, take_size, 0, {0}, "Size of the next --tmpfs", true},
	{"--chmod",
	 "OCTAL PATH",
	 2,
	 take_chmod,
	 0,
	 {.kind = OPERATION_CHMOD},
	 "Set the permissions of PATH"},
	{"--not-a-security-boundary",
	 "",
	 0,
	 take_flag,
	 REQUEST(lenient),
	 {0},
	 "Go on where mounts below a bind refuse their flags"},
};

const size_t bwrap_option_count = sizeof(bwrap_options) / sizeof(bwrap_options[0]);

const struct bwrap_option *bwrap_option_by_name(const char *name)
{
	for (size_t i = 0; i < bwrap_option_count; i++)
		if (streq(bwrap_options[i].name, name))
			return &bwrap_options[i];
	return NULL;
}
