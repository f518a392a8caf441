[profile]
description = Krita: changes the pictures that it is given, and those of ~/Pictures
include = base-window
# It runs with Xwayland where there is Wayland.
use = x11-isolated pictures

[filesystem]
# It saves into a new file that takes the old one's place.
arguments = rw-directory
# KDE's programs have their settings in files beside those of all others. Changes are not kept.
ro = ${XDG_CONFIG_HOME}/kritarc? ${XDG_CONFIG_HOME}/kritadisplayrc? ${XDG_CONFIG_HOME}/kritashortcutsrc?
data = ${XDG_DATA_HOME}/krita
