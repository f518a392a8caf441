# Messages that pop up on the desktop.
[profile]
description = Notifications on the desktop
exposes = nothing; what it shows may look like another program's

[dbus]
session.call = org.freedesktop.Notifications=org.freedesktop.Notifications.*@/org/freedesktop/Notifications
session.broadcast = org.freedesktop.Notifications=org.freedesktop.Notifications.*@/org/freedesktop/Notifications
