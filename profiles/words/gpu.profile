# Graphics hardware, for drawing and computing. Its drivers are a large part of the kernel.
[profile]
description = Graphics hardware
needs = /dev/dri
exposes = the graphics drivers in the kernel, and what is on the machine's PCI bus

[filesystem]
dev = gpu
# Drivers look up here what the nodes belong to.
ro = /sys/dev/char? /sys/class/drm? /sys/devices/pci0000\:00?
