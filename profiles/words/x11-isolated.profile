# An X server of the sandbox's own, in a window on the user's display.
[profile]
description = Windows on an X server of its own, which is one window of the user's
needs = ${X11_SOCKET} /usr/bin/Xephyr
exposes = nothing of other programs' windows, keys and clipboards

[display]
x11 = isolated
