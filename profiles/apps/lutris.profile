# Games of many makers, and what they run with.
[profile]
description = Lutris: games in ~/Games, public addresses, sound, game controllers
include = base-window
use = x11-isolated audio-playback gamepad notifications nested-sandbox stay-awake open-links

[network]
mode = internet

[filesystem]
data = ${XDG_DATA_HOME}/lutris ${XDG_CONFIG_HOME}/lutris ${XDG_CACHE_HOME}/lutris ~/Games

[dbus]
session.own = net.lutris.Lutris

[seccomp]
policy = games
