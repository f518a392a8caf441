# MATE's relative of Evince.
[profile]
description = Atril: shows the documents that it is given
include = base-viewer
use = wayland|x11-isolated printing

[filesystem]
data = ${XDG_CONFIG_HOME}/atril
