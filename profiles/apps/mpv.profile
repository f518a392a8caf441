# To play addresses: --net internet; with youtube-dl or yt-dlp installed, mpv asks that where to find films.
[profile]
description = mpv: plays the files that it is given
include = base-player
use = wayland|x11-isolated

[filesystem]
# Scripts of the user's are here, and run in here.
ro = ${XDG_CONFIG_HOME}/mpv? ~/.mpv?
# Where one was in a film.
data = ${XDG_STATE_HOME}/mpv

[dbus]
session.own = org.mpris.MediaPlayer2.mpv.*
