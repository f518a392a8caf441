[profile]
description = The directory of pictures, to write in
exposes = what is in the directory of pictures, and changes to it

[filesystem]
rw = ${PICTURES}?
