# Steam and the games that it fetches, which are many people's programs: none of them sees a file of the
# user's. Its own runtime makes sandboxes, of 32 bits too, from which come the wide policy and the words.
# --home steam keeps it wholly apart; in the local network, to stream and copy games: --net lan.
[profile]
description = Steam: its own directories, public addresses, sound, game controllers
include = base-window
# It knows no Wayland.
use = x11-isolated audio-playback gamepad notifications nested-sandbox stay-awake open-links

[network]
mode = internet

[filesystem]
data = ${XDG_DATA_HOME}/Steam ~/.steam

[dbus]
# With the mark by which portals know a sandbox, it takes itself for its Flatpak, and fails.
identity = no
session.own = com.steampowered.*

[seccomp]
policy = games
