[profile]
description = Cameras
needs = /dev/video0
exposes = pictures of who sits before the machine, whenever the program likes

[filesystem]
dev = camera
ro = /sys/class/video4linux?
