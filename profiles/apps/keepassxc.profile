# The most worth protecting on many a desktop, so it gets least: no network, no downloads. A plugged-in
# YubiKey for the database: --use usb. Icons of web sites: --net internet. Its browser extension needs
# the same directory for a socket inside and out, and is not reached.
[profile]
description = KeePassXC: the databases that it is given, no network
include = base-window
use = wayland|x11-isolated

[filesystem]
# A database is saved into a new file that takes the old one's place.
arguments = rw-directory
data = ${XDG_CONFIG_HOME}/keepassxc ${XDG_CACHE_HOME}/keepassxc

[dbus]
session.own = org.keepassxc.KeePassXC.*

[process]
# No copy of memory on the disk when it crashes.
rlimit.core = 0
