# Others reach it by a port of the host's where that is opened: --publish 0.0.0.0:51413.
[profile]
description = Transmission: public addresses, Downloads
include = base-window
use = wayland|x11-isolated notifications downloads stay-awake open-links

[network]
mode = internet

[filesystem]
# A .torrent.
arguments = ro
data = ${XDG_CONFIG_HOME}/transmission ${XDG_CACHE_HOME}/transmission

[dbus]
session.own = com.transmissionbt.Transmission.*
