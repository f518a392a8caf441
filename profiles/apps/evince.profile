[profile]
description = Evince: shows the documents that it is given
include = base-viewer
use = wayland|x11-isolated printing

[filesystem]
# Bookmarks, and how far one has read, are kept by a service of GNOME's and not in here.
data = ${XDG_CONFIG_HOME}/evince

[dbus]
session.own = org.gnome.evince.*
