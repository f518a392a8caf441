# Those that are plugged in when the program starts. Of the input devices only joysticks, gamepads and wheels: what has
# letters on it is left out, whatever else it is.
[profile]
description = Game controllers
exposes = what is pressed on game controllers

[filesystem]
dev = gamepad?
