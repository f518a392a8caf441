// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * X servers. A client of one can look at all other clients' windows, hear every key and type for them:
 * plain X11 (host) is a door, not a wall, and the word for it says so. What is let through is
 * the socket of that one display, never the abstract one, and of the user's cookies that display's,
 * rewritten so that it holds whatever the host is called inside.
 *
 * isolated: an X server of the sandbox's own, which is one window on the user's display (Xephyr, or Xwayland where there is
 * none or no X server). It speaks with whatever the program sends, so it gets a sandbox of its own, which holds that one
 * window and little more (engine/display.c).
 */
#include "plan/display.h"

#include "base/fd.h"
#include "base/user.h"
#include "kernel/mount.h"
#include "plan/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define XEPHYR   "/usr/bin/Xephyr"
#define XWAYLAND "/usr/bin/Xwayland"
#define SOCKETS  "/tmp/.X11-unix"
#define COOKIE   "/run/Xauthority"
#define METHOD   "MIT-MAGIC-COOKIE-1"

enum { COOKIE_SIZE = 16, FAMILY_WILD = 0xffff, XAUTHORITY_LIMIT = 64 * 1024 };

/* The number of the host's display, -1 where it is none of this machine's. */
static int host_number(void)
{
	const char *display = getenv("DISPLAY");
	const char *number = !display            ? NULL
			     : display[0] == ':' ? display + 1
						 : startswith(display, "unix:");
	int value, length = 0;

	if (!number || sscanf(number, "%5d%n", &value, &length) != 1 || value < 0 ||
	    (number[length] && number[length] != '.'))
		return -1;
	return value;
}

/* Whether a server listens at the abstract socket of that number. */
static bool is_taken(int number)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, SOCKETS "/X%d",
			      number);

	return connect(fd, (struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) ==
		       0 ||
	       errno != ECONNREFUSED;
}

/*
 * The number that the display has inside. libxcb tries the abstract socket first, and where it finds
 * one that it may not use, as one out of Landlock's scope, it does not go on to the other. In a
 * network of its own there is none.
 */
static int number_inside(const struct request *request, int wanted)
{
	enum { FIRST_OTHER = 100, LAST_OTHER = 999 };

	if (request_choice(request, SETTING_NET, NET_NONE) != NET_HOST)
		return wanted;
	for (int number = FIRST_OTHER; is_taken(wanted) && number <= LAST_OTHER; number++)
		wanted = number;
	return wanted;
}

static void add_counted(struct strbuf *out, const void *data, size_t length)
{
	const unsigned char size[2] = {(unsigned char)(length >> 8), (unsigned char)length};

	strbuf_append(out, (const char *)size, 2);
	strbuf_append(out, data, length);
}

/* An entry of Xauthority(5) for every host and display. */
static void add_cookie(struct strbuf *out, const void *cookie, size_t length)
{
	const unsigned char family[2] = {FAMILY_WILD >> 8, FAMILY_WILD & 0xff};

	strbuf_append(out, (const char *)family, 2);
	add_counted(out, "", 0); /* address */
	add_counted(out, "", 0); /* display */
	add_counted(out, METHOD, strlen(METHOD));
	add_counted(out, cookie, length);
}

struct field {
	const char *data;
	size_t length;
};

static bool take_field(const char **at, const char *end, struct field *ret)
{
	size_t length;

	if (end - *at < 2)
		return false;
	length = (size_t)(unsigned char)(*at)[0] << 8 | (unsigned char)(*at)[1];
	*at += 2;
	if ((size_t)(end - *at) < length)
		return false;
	*ret = (struct field){*at, length};
	*at += length;
	return true;
}

static bool is_text(const struct field *field, const char *text)
{
	return field->length == strlen(text) && memcmp(field->data, text, field->length) == 0;
}

/* Of the cookies in the text of an Xauthority file, the first for the display; none is no error: some servers
 * let their user in without. */
static void pick_cookie(const char *data, size_t length, int number, struct strbuf *out)
{
	const char *at = data, *end = data + length;
	char wanted[16];

	snprintf(wanted, sizeof(wanted), "%d", number);
	while (end - at > 2) {
		struct field address, display, method, cookie;

		at += 2; /* family */
		if (!take_field(&at, end, &address) || !take_field(&at, end, &display) ||
		    !take_field(&at, end, &method) || !take_field(&at, end, &cookie))
			return;
		if (is_text(&method, METHOD) && (!display.length || is_text(&display, wanted))) {
			add_cookie(out, cookie.data, cookie.length);
			return;
		}
	}
}

static void read_host_cookie(int number, struct strbuf *out)
{
	const char *named = getenv("XAUTHORITY"), *home = getenv("HOME");
	_cleanup_free_ char *path =
		named && *named ? xstrdup(named) : xasprintf("%s/.Xauthority", home ? home : "");
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *data = NULL;
	struct error ignored = {0};
	struct stat status;
	size_t length = 0;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    fd_read_all(fd, path, XAUTHORITY_LIMIT, &data, &length, &ignored) == 0)
		pick_cookie(data, length, number, out);
}

static void add_data(struct rules *rules, struct strbuf *cookie, const char *origin)
{
	struct rule *rule = rules_add(rules, MOUNT_DATA, COOKIE, RANK_SYSTEM, origin);

	rule->mount.length = cookie->length;
	rule->mount.data = cookie->text;
	*cookie = (struct strbuf){0};
	rule->mount.mode = 0444;
	rule->mount.set = MOUNT_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	rule->directory = false;
}

static void set_variables(struct plan *plan, int number, const char *origin)
{
	_cleanup_free_ char *display = xasprintf(":%d", number);

	environment_set(plan, "DISPLAY", display, origin);
	environment_set(plan, "XAUTHORITY", COOKIE, origin);
}

const char *display_server(void)
{
	if (host_number() >= 0 && access(XEPHYR, X_OK) == 0)
		return XEPHYR;
	return getenv("WAYLAND_DISPLAY") && access(XWAYLAND, X_OK) == 0 ? XWAYLAND : NULL;
}

/* The one socket, and nothing of the others beside it. */
static int plan_host(const struct setting *setting, int number, int number_seen,
		     struct rules *rules, struct plan *plan, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_free_ char *socket = xasprintf(SOCKETS "/X%d", number);
	_cleanup_free_ char *inside = xasprintf(SOCKETS "/X%d", number_seen);
	struct strbuf cookie = {0};
	struct rule *rule;
	int r = rules_add_bind(rules, socket, inside, false, RANK_SYSTEM, origin, e);

	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	if (rule->absent) {
		error_set(e, ENOENT, "%s: no X server listens at %s", origin, socket);
		return error_remedy(e, "DISPLAY names the server");
	}
	strbuf_append(&cookie, "", 0);
	read_host_cookie(number, &cookie);
	add_data(rules, &cookie, origin);
	set_variables(plan, number_seen, origin);
	return 0;
}

static int plan_isolated(const struct setting *setting, int number_seen, struct rules *rules,
			 struct plan *plan, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting), *outside = NULL, *inside = NULL;
	struct plan_display *display = &plan->display;
	unsigned char secret[COOKIE_SIZE];
	_cleanup_free_ char *runtime = runtime_directory();
	struct strbuf cookie = {0};
	uint32_t instance = 0;

	if (!display_server()) {
		error_set(e, ENOENT,
			  "%s: there is neither " XEPHYR " and an X server for it, nor " XWAYLAND
			  " and a compositor",
			  origin);
		return error_remedy(e,
				    "install the package xserver-xephyr, or xwayland; DISPLAY and "
				    "WAYLAND_DISPLAY name the user's display");
	}
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret) ||
	    getrandom(&instance, sizeof(instance), 0) != sizeof(instance))
		return error_errno(e, errno, "a random number");
	if (!runtime) {
		error_set(e, ENOENT, "%s: there is no runtime directory of yours alone", origin);
		return error_remedy(e, "log in in a way that sets XDG_RUNTIME_DIR");
	}
	/* Its own server has another number than the host's, which it sees as well. */
	display->number = number_seen;
	display->server = xstrdup(display_server());
	display->wayland = streq(display->server, XWAYLAND);
	display->directory = xasprintf("%s/hutch-x11/%u", runtime, instance);
	outside = xasprintf("%s/X%d", display->directory, display->number);
	inside = xasprintf(SOCKETS "/X%d", display->number);
	add_cookie(&cookie, secret, sizeof(secret));
	display->cookie_length = cookie.length;
	display->cookie = xcalloc(1, cookie.length);
	memcpy(display->cookie, cookie.text, cookie.length);
	add_data(rules, &cookie, origin);
	rules_add_late(rules, outside, inside, S_IFSOCK, origin);
	set_variables(plan, display->number, origin);
	return 0;
}

int display_plan(const struct request *request, struct rules *rules, struct plan *plan,
		 struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_X11);
	_cleanup_free_ char *origin = NULL;
	int number;

	if (!setting || setting->choice == X11_NONE)
		return 0;
	number = host_number();
	if (setting->choice == X11_ISOLATED)
		return plan_isolated(setting, number_inside(request, number == 0 ? 1 : 0), rules,
				     plan, e);
	if (number < 0) {
		origin = setting_origin(setting);
		error_set(e, ENOENT, "%s: there is no X server", origin);
		return error_remedy(e, "DISPLAY names one of this machine, as in :0");
	}
	return plan_host(setting, number, number_inside(request, number), rules, plan, e);
}
