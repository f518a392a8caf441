[profile]
description = feh: shows the pictures that it is given
include = base-viewer
# There is no Wayland in it. Setting the background of the desktop needs the host's display: --use x11.
use = x11-isolated

[filesystem]
ro = ${PICTURES}? ${XDG_CONFIG_HOME}/feh?
