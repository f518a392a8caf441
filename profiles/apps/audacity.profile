# To record: --use audio-record.
[profile]
description = Audacity: changes the recordings that it is given, and those of ~/Music
include = base-window
# It runs with Xwayland where there is Wayland.
use = x11-isolated audio-playback music

[filesystem]
# A project is several files.
arguments = rw-directory
data = ${XDG_CONFIG_HOME}/audacity ${XDG_DATA_HOME}/audacity ${XDG_STATE_HOME}/audacity ${XDG_CACHE_HOME}/audacity
# Where versions before 3.2 have it.
data = ~/.audacity-data?
