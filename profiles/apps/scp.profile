[profile]
description = scp: as ssh, and the working directory
include = ssh

[filesystem]
cwd = rw
arguments = rw
