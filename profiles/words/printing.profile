# The socket of CUPS, which asks for a password where something is to be changed.
[profile]
description = Printers, by CUPS
needs = /run/cups/cups.sock
exposes = names of printers and of print jobs

[filesystem]
ro = /run/cups/cups.sock
