# A link opens in the program that the user has for it, outside of this sandbox.
[profile]
description = Open links in the user's browser, by the portal
exposes = any address can be opened in the browser

[dbus]
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.OpenURI.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Request.*@/org/freedesktop/portal/desktop/*
session.broadcast = org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/*
