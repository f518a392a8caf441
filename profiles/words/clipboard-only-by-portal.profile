# On a display of the user's, whoever has a window has the clipboard: on X11 always, on Wayland whenever that window is
# the one in use. So: windows on an X server of its own, which has a clipboard of its own, and for the user's the portal,
# which the user lets a session have.
[profile]
description = Windows without the desktop's clipboard, which is to be had only by the portal
use = x11-isolated
exposes = the clipboard, in sessions for which the user lets the portal hand it over

[dbus]
session.call = org.freedesktop.portal.Desktop=org.freedesktop.portal.Clipboard.*@/org/freedesktop/portal/desktop
session.broadcast = org.freedesktop.portal.Desktop=org.freedesktop.portal.Clipboard.*@/org/freedesktop/portal/desktop
