[profile]
description = gedit: changes the files that it is given
include = base-window
use = wayland|x11-isolated printing

[filesystem]
# It saves into a new file that takes the old one's place.
arguments = rw-directory
data = ${XDG_DATA_HOME}/gedit ${XDG_CONFIG_HOME}/gedit

[dbus]
session.own = org.gnome.gedit
