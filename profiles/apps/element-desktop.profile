# A home server in the local network: --net lan.
[profile]
description = Element: public addresses, Downloads, sound
include = base-electron

[filesystem]
data = ${XDG_CONFIG_HOME}/Element

[dbus]
session.own = org.mpris.MediaPlayer2.element.*

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/Element
