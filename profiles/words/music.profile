[profile]
description = The directory of music, to write in
exposes = what is in the directory of music, and changes to it

[filesystem]
rw = ${MUSIC}?
