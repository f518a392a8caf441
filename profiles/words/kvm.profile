[profile]
description = Virtual machines by the kernel's hypervisor
needs = /dev/kvm
exposes = the hypervisor in the kernel

[filesystem]
dev = kvm
