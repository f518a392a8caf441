// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bus inside is a socket of a proxy that filters; without rules there is none. Where this host
 * can't have one (no bus to begin with, no proxy installed), the program has less than its profile
 * says, which is safe: a note, or a line on standard error where something can be installed. Who
 * asks for it on the command line gets an error.
 *
 * Who it is. Portals know a program by the file /.flatpak-info in the root of the process that the
 * bus sees, which is the proxy (helpers/dbus/root.c), and look up its process in
 * $XDG_RUNTIME_DIR/.flatpak/INSTANCE (engine/dbus_instance.c). In the sandbox itself the file is
 * there as well, where rules let it reach portals: by that toolkits know to ask them.
 *
 * The name is PREFIX and the profile's name: what a user grants is remembered for it. It is an
 * element of a D-Bus name, and no two profiles have the same one, so other bytes are written as _XX.
 */
#include "plan/dbus.h"

#include "base/bus_address.h"
#include "base/helper.h"
#include "base/user.h"
#include "kernel/mount.h"
#include "plan/bus_rule.h"
#include "plan/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reserved: no other program has a name that begins so. */
#define PREFIX "io.hutch."

#define PORTALS "org.freedesktop.portal"

/* Never by $PATH: whoever chooses the proxy chooses what is filtered. */
static const char *const proxies[] = {
	"/usr/bin/xdg-dbus-proxy",
	"/usr/local/bin/xdg-dbus-proxy",
	"/usr/libexec/xdg-dbus-proxy",
	"/run/current-system/sw/bin/xdg-dbus-proxy",
};

/* The settings of each bus; its rules follow the choice, in the order of enum bus_verb. */
static const enum setting_id choices[BUS_COUNT] = {
	[BUS_SESSION] = SETTING_DBUS_SESSION,
	[BUS_SYSTEM] = SETTING_DBUS_SYSTEM,
	[BUS_ACCESSIBILITY] = SETTING_DBUS_ACCESSIBILITY,
};

/*
 * What a program may do on the bus of screen readers: say what it shows, hear what is asked of it.
 * Not look at what others show.
 */
static const char *const accessibility_rules[] = {
	"--sloppy-names",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.Socket.Embed@/org/a11y/atspi/accessible/"
	"root",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.Socket.Unembed@/org/a11y/atspi/accessible/"
	"root",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.Registry.GetRegisteredEvents@/org/a11y/"
	"atspi/registry",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.DeviceEventController.GetKeystrokeListeners@"
	"/org/a11y/atspi/registry/deviceeventcontroller",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.DeviceEventController."
	"GetDeviceEventListeners@/org/a11y/atspi/registry/deviceeventcontroller",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.DeviceEventController.NotifyListenersSync@/"
	"org/a11y/atspi/registry/deviceeventcontroller",
	"--call=org.a11y.atspi.Registry=org.a11y.atspi.DeviceEventController.NotifyListenersAsync@/"
	"org/a11y/atspi/registry/deviceeventcontroller",
};

static bool is_rule(const struct setting *setting, enum plan_bus_which which)
{
	int first = (int)choices[which];

	return which != BUS_ACCESSIBILITY && (int)setting->id > first &&
	       (int)setting->id <= first + BUS_VERBS;
}

bool bus_rule_holds(const struct request *request, const struct setting *setting,
		    enum plan_bus_which which)
{
	const struct setting *end = request->settings.items + request->settings.count;

	if (!is_rule(setting, which))
		return false;
	for (const struct setting *later = setting + 1; later < end; later++)
		if (later->id == choices[which] && later->choice == BUS_NONE)
			return false;
	return true;
}

/* What asks for the bus; NULL: nothing does. An option rather than a profile. */
static const struct setting *find_wish(const struct request *request, enum plan_bus_which which)
{
	const struct setting *choice = request_last(request, choices[which]), *wish = NULL;

	if (choice && choice->choice == BUS_FILTER)
		wish = choice;
	bus_rules_each(setting, request,
		       which) if (!wish || setting->origin.layer >= wish->origin.layer) wish =
		setting;
	return wish;
}

static bool is_typed(const struct setting *setting)
{
	return setting->origin.layer == LAYER_COMMAND_LINE && !setting->origin.file;
}

/* The bus can't be had. */
static int cannot(struct plan *plan, enum plan_bus_which which, const struct setting *wish,
		  const char *why, const char *remedy, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(wish);
	char *note;

	if (is_typed(wish)) {
		error_set(e, ENOENT, "%s: %s", origin, why);
		return error_remedy(e, "%s", remedy);
	}
	note = xasprintf("no %s bus inside: %s", plan_bus_names[which], why);
	if (which != BUS_ACCESSIBILITY)
		strv_add(&plan->dbus.notes, note);
	free(note);
	return 0;
}

static char *find_proxy(void)
{
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
		if (access(proxies[i], X_OK) == 0)
			return realpath(proxies[i], NULL);
	return NULL;
}

static bool is_socket(const char *address)
{
	const char *path = startswith(address, "path:");
	struct stat status;

	return !path || (stat(path, &status) == 0 && S_ISSOCK(status.st_mode));
}

/* Where the host's bus listens, to be freed; NULL where there is none. */
static char *find_address(const char *variable, const char *usual)
{
	const char *named = getenv(variable);
	char *address = named && *named ? bus_address(named) : xasprintf("path:%s", usual);

	if (!address || is_socket(address))
		return address;
	free(address);
	return NULL;
}

static char *find_bus(const struct plan_dbus *dbus, enum plan_bus_which which)
{
	_cleanup_free_ char *usual = xasprintf("%s/bus", dbus->runtime);

	/* The bus of screen readers is asked for on that of the session, by the helper. */
	if (which == BUS_SYSTEM)
		return find_address("DBUS_SYSTEM_BUS_ADDRESS", "/run/dbus/system_bus_socket");
	return find_address("DBUS_SESSION_BUS_ADDRESS", usual);
}

char *dbus_host_address(enum plan_bus_which which)
{
	struct plan_dbus dbus = {.runtime = runtime_directory()};
	char *address;

	if (!dbus.runtime)
		dbus.runtime = xstrdup("/nonexistent");
	address = find_bus(&dbus, which);
	free(dbus.runtime);
	return address;
}

static void add_rules(const struct request *request, struct plan_dbus *dbus,
		      enum plan_bus_which which)
{
	struct plan_bus *bus = &dbus->buses[which];

	for (size_t i = 0; which == BUS_ACCESSIBILITY &&
			   i < sizeof(accessibility_rules) / sizeof(accessibility_rules[0]);
	     i++)
		strv_add(&bus->rules, accessibility_rules[i]);
	bus_rules_each(setting, request, which)
	{
		size_t verb = (size_t)setting->id - (size_t)choices[which] - 1;

		strv_take(&bus->rules, xasprintf("--%s=%s", bus_verb_names[verb], setting->text));
		if (which == BUS_SESSION && verb != BUS_SEE && verb != BUS_OWN)
			dbus->portals |= bus_rule_touches(setting->text, PORTALS);
	}
}

static int plan_bus(const struct request *request, struct plan *plan, enum plan_bus_which which,
		    struct error *e)
{
	const struct setting *wish = find_wish(request, which);
	struct plan_bus *bus = &plan->dbus.buses[which];

	if (!wish)
		return 0;
	bus->address = find_bus(&plan->dbus, which);
	if (!bus->address)
		return cannot(plan, which, wish,
			      which == BUS_SYSTEM ? "this host has no system bus"
						  : "you have no session bus",
			      which == BUS_SYSTEM
				      ? "DBUS_SYSTEM_BUS_ADDRESS may name its socket"
				      : "log in to a desktop, or begin with dbus-run-session; "
					"DBUS_SESSION_BUS_ADDRESS names its socket",
			      e);
	bus->inside = which == BUS_SYSTEM ? xstrdup("/run/dbus/system_bus_socket")
					  : xasprintf("%s/%s", plan->dbus.runtime,
						      which == BUS_SESSION ? "bus" : "at-spi-bus");
	add_rules(request, &plan->dbus, which);
	return 0;
}

/* Whether anything asks for a bus, and what this host has for it. 1 to go on, 0: there is nothing
 * to do, -errno. */
static int look(const struct request *request, struct plan *plan, struct error *e)
{
	const struct setting *wish = NULL;
	enum plan_bus_which which = BUS_SESSION;
	int r;

	for (size_t i = 0; i < BUS_COUNT && !wish; i++) {
		wish = find_wish(request, (enum plan_bus_which)i);
		which = (enum plan_bus_which)i;
	}
	if (!wish)
		return 0;
	plan->dbus.runtime = runtime_directory();
	plan->dbus.helper = helper_path("hutch-dbus");
	if (!plan->dbus.runtime)
		return cannot(plan, which, wish, "there is no runtime directory of yours alone",
			      "log in in a way that sets XDG_RUNTIME_DIR", e);
	if (!plan->dbus.helper)
		return cannot(plan, which, wish, "the program hutch-dbus is not installed",
			      "install hutch whole", e);
	plan->dbus.proxy = find_proxy();
	if (plan->dbus.proxy)
		return 1;
	r = cannot(plan, which, wish, "xdg-dbus-proxy, which would filter, is not installed",
		   "install the package xdg-dbus-proxy", e);
	if (r == 0)
		strv_add(&plan->remarks, "no message bus inside: install the package "
					 "xdg-dbus-proxy, which filters");
	return r;
}

char *app_id(const char *profile)
{
	const char *slash = strrchr(profile, '/'), *name = slash ? slash + 1 : profile;
	struct strbuf out = {0};

	strbuf_printf(&out, PREFIX "%s", slash ? "file." : "");
	for (const char *at = name; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if ((c < 0x80 && isalpha(c)) || (at > name && (isdigit(c) || c == '-')))
			strbuf_append(&out, at, 1);
		else
			strbuf_printf(&out, "_%02x", c);
		/* A name may have 255 bytes. */
		if (out.length > 200)
			break;
	}
	return out.text;
}

static void plan_identity(const struct request *request, struct plan *plan)
{
	const struct setting *setting = request_last(request, SETTING_DBUS_IDENTITY);
	bool network = plan->network.mode || !(plan->namespaces & CLONE_NEWNET);

	if ((setting && !setting->flag) || !plan->dbus.buses[BUS_SESSION].address)
		return;
	plan->dbus.app = app_id(plan->profile);
	plan->dbus.info = xasprintf("[Application]\nname=%s\n\n[Instance]\ninstance-id=%s\n\n"
				    "[Context]\nshared=%s\n",
				    plan->dbus.app, plan->dbus.instance, network ? "network;" : "");
}

static void add_files(struct rules *rules, const struct plan_dbus *dbus)
{
	static const char *const origin = "built in: the sandbox's message buses";
	struct rule *rule;

	rule = rules_add(rules, MOUNT_SCRATCH, dbus->runtime, RANK_FILE, origin);
	rule->mount.mode = 0700;
	for (size_t i = 0; i < BUS_COUNT; i++) {
		_cleanup_free_ char *socket =
			xasprintf("%s/%s", dbus->directory, plan_bus_names[i]);

		if (dbus->buses[i].address)
			rules_add_late(rules, socket, dbus->buses[i].inside, S_IFSOCK, origin);
	}
	if (dbus->app && dbus->portals) {
		_cleanup_free_ char *granted =
			xasprintf("%s/doc/by-app/%s", dbus->runtime, dbus->app);
		_cleanup_free_ char *inside = xasprintf("%s/doc", dbus->runtime);

		rules_add_late(rules, granted, inside, S_IFDIR, origin);
		rule = rules_add(rules, MOUNT_DATA, "/.flatpak-info", RANK_SYSTEM, origin);
		rule->mount.data = xstrdup(dbus->info);
		rule->mount.length = strlen(dbus->info);
		rule->mount.mode = 0444;
		rule->mount.set = MOUNT_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
		rule->directory = false;
	}
}

bool dbus_opens_links(const struct request *request, const struct plan *plan)
{
	if (!plan->dbus.app)
		return false;
	bus_rules_each(setting, request, BUS_SESSION)
	{
		if (!bus_rule_covers(setting->text, PORTALS ".Desktop"))
			continue;
		if (setting->id == SETTING_SESSION_TALK || setting->id == SETTING_SESSION_OWN ||
		    (setting->id == SETTING_SESSION_CALL &&
		     bus_rule_calls(setting->text, PORTALS ".OpenURI")))
			return true;
	}
	return false;
}

static void add_variables(struct plan *plan)
{
	static const char *const variables[BUS_COUNT] = {
		[BUS_SESSION] = "DBUS_SESSION_BUS_ADDRESS",
		[BUS_SYSTEM] = "DBUS_SYSTEM_BUS_ADDRESS",
		[BUS_ACCESSIBILITY] = "AT_SPI_BUS_ADDRESS",
	};
	static const char *const origin = "built in: the sandbox's message buses";

	environment_set(plan, "XDG_RUNTIME_DIR", plan->dbus.runtime, origin);
	for (size_t i = 0; i < BUS_COUNT; i++) {
		_cleanup_free_ char *address = NULL;

		if (!plan->dbus.buses[i].address)
			continue;
		address = xasprintf("unix:path=%s", plan->dbus.buses[i].inside);
		environment_set(plan, variables[i], address, origin);
	}
	/* Else toolkits look for it on the session's bus, wait, and complain. */
	if (!plan->dbus.buses[BUS_ACCESSIBILITY].address) {
		environment_set(plan, "NO_AT_BRIDGE", "1", origin);
		environment_set(plan, "GTK_A11Y", "none", origin);
	}
}

int dbus_plan(const struct request *request, struct rules *rules, struct plan *plan,
	      struct error *e)
{
	struct plan_dbus *dbus = &plan->dbus;
	uint32_t number = 0;
	int r = look(request, plan, e);

	if (r <= 0)
		return r;
	r = 0;
	for (size_t i = 0; r == 0 && i < BUS_COUNT; i++)
		r = plan_bus(request, plan, (enum plan_bus_which)i, e);
	if (r < 0)
		return r;
	if (!dbus->buses[BUS_SESSION].address && !dbus->buses[BUS_SYSTEM].address &&
	    !dbus->buses[BUS_ACCESSIBILITY].address) {
		free(TAKE_PTR(dbus->proxy));
		return 0;
	}
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_errno(e, errno, "a random number");
	dbus->instance = xasprintf("%u", number);
	dbus->directory = xasprintf("%s/hutch-bus/%s", dbus->runtime, dbus->instance);
	dbus->log = request_flag(request, SETTING_DBUS_LOG);
	plan_identity(request, plan);
	add_files(rules, dbus);
	add_variables(plan);
	return 0;
}
