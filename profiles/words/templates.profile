[profile]
description = The directory of templates, to write in
exposes = what is in the directory of templates, and changes to it

[filesystem]
rw = ${TEMPLATES}?
