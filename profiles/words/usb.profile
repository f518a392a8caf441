# All devices on the USB, with those that are plugged in later, as far as this machine lets the user open them.
# "dev = usb:VENDOR:PRODUCT" in a profile names a single one instead.
[profile]
description = All USB devices that the user may open
exposes = every USB device of this machine, with its serial number; disks and security keys among them where the user may open those

[filesystem]
dev = usb?
