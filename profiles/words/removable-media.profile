[profile]
description = Disks and sticks that are plugged in, to write on
exposes = what is on them, of other users as far as they let one look

[filesystem]
rw = /media? /run/media?
