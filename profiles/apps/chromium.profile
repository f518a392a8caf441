# The user's own Chromium. --home NAME is for one that has nothing to do with it.
[profile]
description = Chromium: public addresses, Downloads, sound
include = base-chromium

[filesystem]
data = ${XDG_CONFIG_HOME}/chromium ${XDG_CACHE_HOME}/chromium

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CACHE_HOME}/chromium
