# For others to include: what Firefox and those made from it need. Its processes that show web pages
# are in sandboxes of its own, which browser-sandbox keeps working.
#
# Camera and microphone: --use camera,audio-record, or in NAME.local.profile. Machines of the local
# network: --net lan.
[profile]
description = For others to include: Firefox and its relatives
include = base-window
use = wayland|x11-isolated open-links
use = browser-sandbox audio-playback notifications stay-awake downloads

[network]
# Web pages ask for addresses of the local network, too, to get at routers and printers there.
mode = internet

[filesystem]
# A page saved before, to look at.
arguments = ro

[seccomp]
policy = browser

[environment]
# Versions before 121 look for an X server unless told.
set = MOZ_ENABLE_WAYLAND=1
