[profile]
description = The directory of videos, to write in
exposes = what is in the directory of videos, and changes to it

[filesystem]
rw = ${VIDEOS}?
