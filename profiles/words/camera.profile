# Whoever may open a camera can do so unasked. Portals ask; a program that can use them needs no such word.
[profile]
description = Cameras
exposes = pictures of who sits before the machine, whenever the program likes

[filesystem]
dev = camera?
