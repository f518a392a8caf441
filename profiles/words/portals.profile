# The desktop's portals, which ask the user: choosing a file hands over that file and no other. They know this
# program from others by the name that hutch gives it.
[profile]
description = File choosers, printing and settings of the desktop, by its portals
exposes = the files that the user chooses, and whether the desktop is dark

[dbus]
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.FileChooser.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Settings.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Print.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Inhibit.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Notification.*@/org/freedesktop/portal/desktop
session.call = org.freedesktop.portal.Desktop=org.freedesktop.DBus.Properties.*@/org/freedesktop/portal/desktop
# Answers come to objects of the request's own.
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Request.*@/org/freedesktop/portal/desktop/*
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Session.*@/org/freedesktop/portal/desktop/*
session.call = org.freedesktop.portal.Documents=org.freedesktop.portal.Documents.*@/org/freedesktop/portal/documents
session.broadcast = org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/*
