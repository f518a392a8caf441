# A .blend file may carry Python, which runs in here.
[profile]
description = Blender: changes the scenes that it is given, no network
include = base-window
use = wayland|x11-isolated audio-playback

[filesystem]
# A scene names textures and others beside it.
arguments = rw-directory
data = ${XDG_CONFIG_HOME}/blender ${XDG_CACHE_HOME}/blender
