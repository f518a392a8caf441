# The program is in /opt/vivaldi, which every sandbox sees.
[profile]
description = Vivaldi: public addresses, Downloads, sound
include = base-chromium

[filesystem]
data = ${XDG_CONFIG_HOME}/vivaldi ${XDG_CACHE_HOME}/vivaldi
# Codecs that it fetches for itself.
data = ~/.local/lib/vivaldi?

[dbus]
session.own = org.mpris.MediaPlayer2.vivaldi.*

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CACHE_HOME}/vivaldi
