# The first one, as a joystick. Keyboards are not among what is shown.
[profile]
description = A game controller
needs = /dev/input/js0
exposes = what is pressed on the game controller

[filesystem]
dev = /dev/input/js0
