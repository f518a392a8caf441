[profile]
description = Zathura: shows the documents that it is given
include = base-viewer
use = wayland|x11-isolated printing

[filesystem]
# Its configuration may name programs to run, in here.
ro = ${XDG_CONFIG_HOME}/zathura?
# Bookmarks, and how far one has read.
data = ${XDG_DATA_HOME}/zathura

[dbus]
# One name a process, by which an editor tells it what to show.
session.own = org.pwmt.zathura.*
