# The settings of GNOME's programs, to read. Writing them is not granted: commands are among them.
[profile]
description = The desktop's settings, to read
exposes = settings of all programs that keep them in dconf: recent searches and places among them

[filesystem]
ro = ${XDG_CONFIG_HOME}/dconf?

[dbus]
session.broadcast = ca.desrt.dconf=ca.desrt.dconf.Writer.Notify@/ca/desrt/dconf/Writer/*

[environment]
set = GSETTINGS_BACKEND=dconf
