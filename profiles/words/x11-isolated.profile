# An X server of the sandbox's own, in a window on the user's display: Xephyr on X11, Xwayland on Wayland where there is no
# Xephyr.
[profile]
description = Windows on an X server of its own, which is one window of the user's
needs = ${X11_SERVER}
exposes = nothing of other programs' windows, keys and clipboards

[display]
x11 = isolated
