[profile]
description = The directory of the desktop, to write in
exposes = what is in the directory of the desktop, and changes to it

[filesystem]
rw = ${DESKTOP}?
