# Reads what it is given, writes into the working directory. A playlist that names addresses, or files
# elsewhere, finds nothing there: --net internet to read from the network.
[profile]
description = FFmpeg: writes in the working directory, no network

[filesystem]
cwd = rw

[seccomp]
policy = desktop
