# The far side of a connection, and whoever is between, can't get at more than this. Keys are the
# program's business; with an agent, the files need not be there: hide = ~/.ssh/id_* … in ssh.local.profile.
[profile]
description = ssh: public and local addresses, the user's keys and known hosts
use = ssh-agent

[network]
# Most people's machines are in the same building.
mode = lan

[filesystem]
ro = ~/.ssh?
rw = ~/.ssh/known_hosts?

[environment]
# What it passes on where both sides are told to (SendEnv).
keep = COLORTERM
