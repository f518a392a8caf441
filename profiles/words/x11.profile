# The user's own X server. There are no walls in X11: prefer x11-isolated.
[profile]
description = Windows on the user's X server
needs = ${X11_SOCKET}
exposes = all windows, keys and clipboards of the display
escape = X11 is no boundary: a client can read what is typed elsewhere, and type into a terminal

[display]
x11 = host
