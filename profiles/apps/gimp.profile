# Plug-ins and scripts of the user's are in its directory, and run in here.
[profile]
description = GIMP: changes the pictures that it is given, and those of ~/Pictures
include = base-window
# Version 2 knows no Wayland, nor a portal's file chooser: hence the directory of pictures.
use = x11-isolated pictures printing

[filesystem]
arguments = rw
data = ${XDG_CONFIG_HOME}/GIMP ${XDG_CACHE_HOME}/gimp ${XDG_DATA_HOME}/gegl-0.4 ${XDG_CACHE_HOME}/gegl-0.4

[dbus]
session.own = org.gimp.GIMP.*
