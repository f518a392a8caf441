# For others to include: what Chromium and those made from it need. Its processes that show web pages
# are in sandboxes of its own, which browser-sandbox keeps working; without, it does not start.
#
# Camera and microphone: --use camera,audio-record, or in NAME.local.profile. Machines of the local
# network: --net lan.
#
# Cookies and passwords that it has encrypted with a key of the desktop's keyring can't be read
# without that key. "use = secrets" in NAME.local.profile gives it, with all else that is in the keyring.
[profile]
description = For others to include: Chromium and its relatives
include = base-window
use = wayland|x11-isolated open-links
use = browser-sandbox audio-playback notifications stay-awake downloads

[network]
# Web pages ask for addresses of the local network, too, to get at routers and printers there.
mode = internet

[filesystem]
arguments = ro
# Certificates by which the user is known to web sites.
rw = ~/.pki/nssdb?

[seccomp]
policy = browser

[dbus]
# The keys for play and pause.
session.own = org.mpris.MediaPlayer2.chromium.*
