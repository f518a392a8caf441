# To play addresses: --net internet. What is played stands in its list of recent files.
[profile]
description = VLC: plays the files that it is given
include = base-player
# It runs with Xwayland where there is Wayland.
use = x11-isolated

[filesystem]
data = ${XDG_CONFIG_HOME}/vlc ${XDG_DATA_HOME}/vlc ${XDG_CACHE_HOME}/vlc

[dbus]
session.own = org.mpris.MediaPlayer2.vlc.*
