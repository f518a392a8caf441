# Copies into the working directory and what is named; over ssh, with the user's keys.
[profile]
description = rsync: as ssh, and the working directory
include = scp

[filesystem]
arguments = rw
