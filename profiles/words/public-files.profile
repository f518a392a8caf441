[profile]
description = The directory of public files, to write in
exposes = what is in the directory of public files, and changes to it

[filesystem]
rw = ${PUBLIC}?
