# Where programs outside share memory with one another (/dev/shm). Inside there is one of its own without this word.
[profile]
description = Memory that is shared with programs outside
exposes = what other programs of the user keep in shared memory: pictures of windows, databases, games

[filesystem]
rw = /dev/shm
