# Programs for 32-bit x86 on a 64-bit machine. The kernel's second set of entries for them is less used and less looked
# at than the first.
[profile]
description = Programs for 32-bit processors
exposes = a second entry to the kernel, for system calls of 32 bits

[seccomp]
policy = desktop-32
