[profile]
description = The directory of downloads, to write in
exposes = what is in the directory of downloads, and changes to it

[filesystem]
rw = ${DOWNLOADS}?
