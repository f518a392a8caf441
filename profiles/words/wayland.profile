# The compositor's socket. A client sees its own windows and what is typed there; what else the compositor offers to
# any client (pictures of the screen, the clipboard, typing for others) is up to the compositor.
[profile]
description = Windows on a Wayland desktop
use = runtime-directory
needs = ${WAYLAND_SOCKET}
exposes = what the compositor lets any client do: with many, taking pictures of the screen

[filesystem]
ro = ${WAYLAND_SOCKET}

[environment]
keep = WAYLAND_DISPLAY
set = XDG_SESSION_TYPE=wayland
