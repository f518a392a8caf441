# Others reach it by a port of the host's where that is opened: --publish 0.0.0.0:PORT.
[profile]
description = qBittorrent: public addresses, Downloads
include = base-window
use = wayland|x11-isolated notifications downloads stay-awake open-links

[network]
mode = internet

[filesystem]
arguments = ro
data = ${XDG_CONFIG_HOME}/qBittorrent ${XDG_DATA_HOME}/qBittorrent ${XDG_CACHE_HOME}/qBittorrent
