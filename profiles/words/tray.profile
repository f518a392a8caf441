# An icon in the panel. The panel loads icons and menus from where the program says and carries them out: with some
# panels that is a way out.
[profile]
description = An icon in the desktop's panel
exposes = the panel's other icons, to be clicked on as well
escape = the panel loads icons and menus from where the program says, outside of the sandbox

[dbus]
session.own = org.kde.StatusNotifierItem.*
session.call = org.kde.StatusNotifierWatcher=org.kde.StatusNotifierWatcher.*@/StatusNotifierWatcher
session.call = org.kde.StatusNotifierWatcher=org.freedesktop.DBus.Properties.*@/StatusNotifierWatcher
session.broadcast = org.kde.StatusNotifierWatcher=*@/StatusNotifierWatcher
