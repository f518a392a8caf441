# The compositor's socket. A client sees its own windows and what is typed there. A compositor with security contexts
# (wp_security_context_v1) gives a sandbox no more than that; another offers it what it offers to every client.
[profile]
description = Windows on a Wayland desktop
use = runtime-directory
needs = ${WAYLAND_SOCKET}
exposes = without security contexts, what the compositor lets any client do: with many, taking pictures of the screen

[display]
wayland = isolated
