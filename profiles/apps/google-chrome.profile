# The program is in /opt/google, which every sandbox sees.
[profile]
description = Google Chrome: public addresses, Downloads, sound
include = base-chromium

[filesystem]
data = ${XDG_CONFIG_HOME}/google-chrome ${XDG_CACHE_HOME}/google-chrome

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CACHE_HOME}/google-chrome
