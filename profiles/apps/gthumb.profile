[profile]
description = gThumb: shows and sorts the pictures of ~/Pictures
include = base-window
use = wayland|x11-isolated pictures printing

[filesystem]
arguments = rw
data = ${XDG_CONFIG_HOME}/gthumb ${XDG_DATA_HOME}/gthumb

[dbus]
session.own = org.gnome.gthumb
