# Servers of the local network: --net lan. Other files to send: --ro DIR.
[profile]
description = FileZilla: public addresses, Downloads
include = base-window
use = wayland|x11-isolated notifications downloads open-links

[network]
mode = internet

[filesystem]
data = ${XDG_CONFIG_HOME}/filezilla ${XDG_CACHE_HOME}/filezilla
