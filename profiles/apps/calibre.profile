# Books are in its library; news and covers come from the network. Devices: --use removable-media.
[profile]
description = calibre: its library of books, public addresses
include = base-window
use = wayland|x11-isolated browser-sandbox notifications downloads open-links

[network]
mode = internet

[filesystem]
arguments = ro
rw = ~/Calibre\ Library?
data = ${XDG_CONFIG_HOME}/calibre ${XDG_CACHE_HOME}/calibre

[seccomp]
# It shows books in a Chromium of Qt's, which has a sandbox of its own.
policy = browser
