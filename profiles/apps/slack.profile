[profile]
description = Slack: public addresses, Downloads, sound
include = base-electron

[filesystem]
data = ${XDG_CONFIG_HOME}/Slack

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/Slack
