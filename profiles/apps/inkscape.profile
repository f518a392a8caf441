# Extensions of the user's are in its directory, and run in here.
[profile]
description = Inkscape: changes the drawings that it is given, and those of ~/Pictures
include = base-window
use = wayland|x11-isolated pictures printing

[filesystem]
arguments = rw
data = ${XDG_CONFIG_HOME}/inkscape ${XDG_CACHE_HOME}/inkscape

[dbus]
session.own = org.inkscape.Inkscape.*
