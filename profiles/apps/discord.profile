# It brings its own updates into its directory, and runs them from there. Voice: --use audio-record;
# what other programs run on this machine it asks for in vain.
[profile]
description = Discord: public addresses, Downloads, sound
include = base-electron

[filesystem]
data = ${XDG_CONFIG_HOME}/discord

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/discord
