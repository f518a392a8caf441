# Its messages are encrypted with a key that newer versions keep in the desktop's keyring. Where it
# complains that it can't get at it: "use = secrets" in signal-desktop.local.profile.
[profile]
description = Signal: public addresses, Downloads, sound
include = base-electron

[filesystem]
data = ${XDG_CONFIG_HOME}/Signal

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/Signal
