[profile]
description = Virtual machines
needs = /dev/kvm
exposes = the hypervisor in the kernel

[filesystem]
dev = kvm
