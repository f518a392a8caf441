# Showing the screen or a window to others in a call. The portal asks the user which, and hands over the pictures of that and
# nothing else: PipeWire's own socket, by which all could be had, stays outside.
[profile]
description = Show a screen or window that the user chooses, by the portal
exposes = pictures of the screen or window that the user chooses, until the user ends it

[dbus]
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.ScreenCast.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.DBus.Properties.*@/org/freedesktop/portal/desktop
# Answers come to objects of the request's own.
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Request.*@/org/freedesktop/portal/desktop/*
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Session.*@/org/freedesktop/portal/desktop/*
session.broadcast = org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/*
