// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is known of services on the buses. A rule that narrows calls to an interface that is none of
 * those named here passes without a word.
 */
#include "plan/bus_risk.h"

#include "base/string.h"
#include "plan/bus_rule.h"
#include "plan/dbus.h"

struct risk {
	enum plan_bus_which bus;
	const char *name;
	const char *interface; /* that does it; NULL: any */
	const char *why;
};

/* clang-format off */
static const struct risk risks[] = {
	{BUS_SESSION, "org.freedesktop.systemd1", NULL,
	 "starts any program outside the sandbox"},
	{BUS_SESSION, "org.freedesktop.DBus", NULL,
	 "changes the environment of programs outside that the bus starts"},
	{BUS_SESSION, "org.freedesktop.Flatpak", NULL,
	 "runs commands outside the sandbox"},
	{BUS_SESSION, "org.freedesktop.portal.Flatpak", NULL,
	 "starts programs outside this sandbox"},
	{BUS_SESSION, "org.freedesktop.impl.portal.PermissionStore", NULL,
	 "grants itself what portals would ask for"},
	{BUS_SESSION, "org.freedesktop.secrets", NULL,
	 "all passwords in the keyring can be read, of every program"},
	{BUS_SESSION, "org.gnome.keyring", NULL,
	 "all passwords in the keyring can be read, of every program"},
	{BUS_SESSION, "org.kde.kwalletd5", NULL,
	 "all passwords in the wallet can be read, of every program"},
	{BUS_SESSION, "org.kde.kwalletd6", NULL,
	 "all passwords in the wallet can be read, of every program"},
	{BUS_SESSION, "ca.desrt.dconf", "ca.desrt.dconf.Writer",
	 "settings of other programs can be written, commands among them"},
	{BUS_SESSION, "org.kde.StatusNotifierWatcher", NULL,
	 "what it gives the panel, icons and menus, is carried out outside"},
	{BUS_SESSION, "org.gnome.Shell", NULL,
	 "the desktop's shell takes pictures of the screen, and loads extensions"},
	{BUS_SESSION, "org.gnome.Mutter.RemoteDesktop", NULL,
	 "types and clicks in other windows"},
	{BUS_SESSION, "org.gnome.Mutter.ScreenCast", NULL,
	 "sees the screen"},
	{BUS_SESSION, "org.gnome.SettingsDaemon.MediaKeys", "org.gnome.SettingsDaemon.MediaKeys.Private",
	 "runs commands that keys are bound to"},
	{BUS_SESSION, "org.gnome.Terminal", NULL,
	 "runs commands outside, in a terminal"},
	{BUS_SESSION, "org.xfce.Terminal5", NULL,
	 "runs commands outside, in a terminal"},
	{BUS_SESSION, "org.kde.plasmashell", NULL,
	 "runs scripts in the desktop's shell"},
	{BUS_SESSION, "org.kde.KWin", NULL,
	 "loads scripts into the window manager"},
	{BUS_SESSION, "org.kde.krunner", NULL,
	 "starts programs outside"},
	{BUS_SESSION, "org.kde.klauncher5", NULL,
	 "starts programs outside"},
	{BUS_SESSION, "org.kde.kglobalaccel", NULL,
	 "keys of other programs can be pressed, and theirs taken"},
	{BUS_SESSION, "org.gtk.vfs", NULL,
	 "files outside can be read and written"},
	{BUS_SESSION, "org.a11y.Bus", NULL,
	 "leads to the bus of screen readers, unfiltered: what other windows show can be read"},
	{BUS_SESSION, "org.freedesktop.IBus", NULL,
	 "what is typed in other windows can be read"},
	{BUS_SESSION, "org.freedesktop.Tracker3.Miner.Files", NULL,
	 "the names and contents of the user's files can be searched"},
	{BUS_SYSTEM, "org.freedesktop.systemd1", NULL,
	 "asks in the user's name for what systemd does as root"},
	{BUS_SYSTEM, "org.freedesktop.PackageKit", NULL,
	 "asks in the user's name to install packages"},
	{BUS_SYSTEM, "org.freedesktop.machine1", NULL,
	 "asks in the user's name for shells in machines and on the host"},
	{BUS_SYSTEM, "org.freedesktop.PolicyKit1", NULL,
	 "can answer for the user who is asked for leave"},
	{BUS_SYSTEM, "org.freedesktop.UDisks2", NULL,
	 "disks can be mounted, written and wiped as far as the user may"},
	{BUS_SYSTEM, "org.freedesktop.Accounts", NULL,
	 "the user's account can be changed"},
};
/* clang-format on */

#define RISKS (sizeof(risks) / sizeof(risks[0]))

#define PORTALS "org.freedesktop.portal"

const char *bus_risk_of(const char *bus, const char *name)
{
	for (size_t i = 0; i < RISKS; i++)
		if (streq(plan_bus_names[risks[i].bus], bus) &&
		    (streq(risks[i].name, name) ||
		     (startswith(name, risks[i].name) && name[strlen(risks[i].name)] == '.')))
			return risks[i].why;
	return NULL;
}

static void add(struct strv *ret, const struct setting *setting, const char *name, const char *why)
{
	_cleanup_free_ char *origin = setting_origin(setting);

	strv_take(ret, xasprintf("%s: %s %s", origin, name, why));
}

static bool lets_reach(enum bus_verb verb, const char *rule, const struct risk *risk)
{
	if (verb == BUS_SEE || verb == BUS_BROADCAST || !bus_rule_touches(rule, risk->name))
		return false;
	return verb != BUS_CALL || !risk->interface || bus_rule_calls(rule, risk->interface);
}

void bus_risks(const struct request *request, struct strv *ret)
{
	const struct setting *identity = request_last(request, SETTING_DBUS_IDENTITY);
	static const enum setting_id first[BUS_COUNT] = {
		[BUS_SESSION] = SETTING_SESSION_SEE,
		[BUS_SYSTEM] = SETTING_SYSTEM_SEE,
	};

	for (int bus = BUS_SESSION; bus <= BUS_SYSTEM; bus++) {
		bus_rules_each(setting, request, (enum plan_bus_which)bus)
		{
			enum bus_verb verb = (enum bus_verb)(setting->id - first[bus]);

			for (size_t i = 0; i < RISKS; i++)
				if ((int)risks[i].bus == bus &&
				    lets_reach(verb, setting->text, &risks[i]))
					add(ret, setting, risks[i].name, risks[i].why);
			if (bus == BUS_SESSION && identity && !identity->flag && verb != BUS_SEE &&
			    verb != BUS_OWN && bus_rule_touches(setting->text, PORTALS))
				add(ret, setting, PORTALS,
				    "takes the program for one outside, without an identity: "
				    "what others were granted, it has too");
		}
	}
}
