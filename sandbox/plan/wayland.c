// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * isolated: the compositor is asked for a socket of the sandbox's own, by which it knows whom it
 * serves (engine/wayland.c). Which interfaces such clients don't get is its policy; as a rule those
 * that take pictures of the screen, read the clipboard unasked or type for others. Whether it has
 * that at all is asked here, so that the plan says what will be. Where it has not, there is only the
 * socket that every client has, and a line that says so. Where it has and then refuses, nothing
 * runs: that is no host that lacks something, but one where something is wrong.
 */
#include "plan/wayland.h"

#include "base/user.h"
#include "engine/wayland.h"
#include "kernel/mount.h"
#include "plan/dbus.h"
#include "plan/environment.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>

#define NAME_INSIDE "wayland-0"

/* The compositor's socket (libwayland: wl_display_connect), or NULL. */
static char *find_host(const char *runtime)
{
	const char *display = getenv("WAYLAND_DISPLAY");

	if (!display || !*display)
		return NULL;
	if (display[0] == '/')
		return xstrdup(display);
	return runtime ? xasprintf("%s/%s", runtime, display) : NULL;
}

static int no_compositor(const struct plan_wayland *wayland, struct error *e)
{
	error_set(e, ENOENT, "%s: there is no Wayland compositor", wayland->origin);
	return error_remedy(e, "WAYLAND_DISPLAY and XDG_RUNTIME_DIR name its socket; for an X "
			       "server: --use x11-isolated");
}

/* What the compositor is told, and where it will listen. */
static int plan_context(struct plan *plan, const char *runtime, struct error *e)
{
	struct plan_wayland *wayland = &plan->wayland;
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_errno(e, errno, "a random number");
	wayland->own = xasprintf("%s/hutch-wayland-%08x", runtime, number);
	wayland->app = app_id(plan->profile);
	wayland->instance =
		plan->dbus.instance ? xstrdup(plan->dbus.instance) : xasprintf("%08x", number);
	return 0;
}

static int add_socket(struct rules *rules, const struct plan_wayland *wayland, struct error *e)
{
	struct rule *rule;
	int r;

	if (wayland->own) {
		rules_add_late(rules, wayland->own, wayland->inside, S_IFSOCK, wayland->origin);
		return 0;
	}
	r = rules_add_bind(rules, wayland->host, wayland->inside, false, RANK_SYSTEM,
			   wayland->origin, e);
	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->mount.set = MOUNT_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	rule->system = true;
	return 0;
}

int wayland_plan(const struct request *request, struct rules *rules, struct plan *plan,
		 struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_WAYLAND);
	_cleanup_free_ char *runtime = runtime_directory();
	struct plan_wayland *wayland = &plan->wayland;
	struct stat status;
	int r;

	if (!setting || setting->choice == WAYLAND_NOT)
		return 0;
	wayland->origin = setting_origin(setting);
	wayland->host = find_host(runtime);
	if (!runtime || !wayland->host || stat(wayland->host, &status) < 0 ||
	    !S_ISSOCK(status.st_mode))
		return no_compositor(wayland, e);
	wayland->inside = xasprintf("%s/" NAME_INSIDE, runtime);
	r = setting->choice == WAYLAND_PLAIN ? 0 : wayland_has_contexts(wayland->host, e);
	if (r < 0)
		return error_wrap(e, "%s", wayland->origin);
	if (r == 0 && setting->choice == WAYLAND_ISOLATED)
		strv_take(&plan->remarks,
			  xasprintf("%s: the compositor has no security contexts; the program is "
				    "to it as any other client",
				    wayland->origin));
	r = r > 0 ? plan_context(plan, runtime, e) : 0;
	if (r == 0)
		r = add_socket(rules, wayland, e);
	if (r < 0)
		return r;
	rules_add(rules, MOUNT_SCRATCH, runtime, RANK_FILE, wayland->origin)->mount.mode = 0700;
	environment_set(plan, "XDG_RUNTIME_DIR", runtime, wayland->origin);
	environment_set(plan, "WAYLAND_DISPLAY", NAME_INSIDE, wayland->origin);
	environment_set(plan, "XDG_SESSION_TYPE", "wayland", wayland->origin);
	return 0;
}
