[profile]
description = Smart cards, by pcscd
needs = /run/pcscd/pcscd.comm
exposes = smart cards that are plugged in, to whoever knows their PIN

[filesystem]
ro = /run/pcscd/pcscd.comm
