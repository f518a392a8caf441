# git on a repository that somebody else made: its hooks, filters and helpers run confined. Cloning
# and fetching need --use network-host as well.
[profile]
description = git: writes in the working directory, no network
use = git-config

[filesystem]
cwd = rw
