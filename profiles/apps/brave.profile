# The program is in /opt/brave.com, which every sandbox sees.
[profile]
description = Brave: public addresses, Downloads, sound
include = base-chromium

[filesystem]
data = ${XDG_CONFIG_HOME}/BraveSoftware/Brave-Browser ${XDG_CACHE_HOME}/BraveSoftware/Brave-Browser

[dbus]
session.own = org.mpris.MediaPlayer2.brave.*

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CACHE_HOME}/BraveSoftware/Brave-Browser
