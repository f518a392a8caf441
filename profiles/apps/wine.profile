# Programs for Windows, which see what is given to them and the prefix. Z: is the sandbox. One that needs
# what lies beside it: --cwd ro; one of the network: --net internet.
[profile]
description = Wine: programs for Windows, their own prefix, no network
include = base-window
# It knows no Wayland, in most versions.
use = x11-isolated audio-playback gamepad

[filesystem]
arguments = ro
data = ~/.wine
# Mono and Gecko, which it would fetch.
ro = ${XDG_CACHE_HOME}/wine?

[seccomp]
# It looks into the memory of its own processes, as Windows lets programs do.
policy = games
