# Graphics hardware, for drawing and computing: the nodes that draw, not those that set what the screen shows, and NVIDIA's
# own. Drivers look up in /sys what the nodes belong to; that much of it comes along.
[profile]
description = Graphics hardware
exposes = the graphics drivers in the kernel, a large part of it, and which card the machine has

[filesystem]
dev = gpu?
