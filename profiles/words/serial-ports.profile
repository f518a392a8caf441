# For programming microcontrollers and the like. Those that are plugged in when the program starts.
[profile]
description = Serial ports on the USB
exposes = what is connected to serial ports: modems, microcontrollers, consoles of other machines

[filesystem]
dev = serial?
