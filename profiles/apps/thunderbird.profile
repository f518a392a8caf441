# Letters come from anybody. Attachments are saved to and taken from Downloads, or by a file chooser of
# the portal's. Links open in the user's browser, outside of this.
#
# Thunderbird has OpenPGP of its own; keys of GnuPG's: --use gpg-agent. Servers in the local network:
# --net lan.
[profile]
description = Thunderbird: public addresses, its letters, Downloads
include = base-firefox
use = printing

[filesystem]
data = ~/.thunderbird ${XDG_CACHE_HOME}/thunderbird

[dbus]
session.own = org.mozilla.thunderbird.*
