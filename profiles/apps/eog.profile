[profile]
description = Eye of GNOME: shows the pictures that it is given
include = base-viewer
use = wayland|x11-isolated printing

[filesystem]
# It leafs through what is beside a picture where it sees it: pictures of the user's, to look at.
ro = ${PICTURES}?
data = ${XDG_CONFIG_HOME}/eog

[dbus]
session.own = org.gnome.eog
