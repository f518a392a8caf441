# Scripts and plugins of the user's are in its directory, and run in here.
[profile]
description = HexChat: public addresses, Downloads
include = base-window
use = x11-isolated notifications downloads open-links

[network]
mode = internet

[filesystem]
data = ${XDG_CONFIG_HOME}/hexchat
