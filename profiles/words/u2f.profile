# Security keys for logging in (FIDO2, U2F), by what they say of themselves. Of other devices of the kind, keyboards
# and mice, there is nothing. Keys that are plugged in when the program starts.
[profile]
description = Security keys (FIDO2, U2F)
exposes = logging in with a security key, when its button is pressed

[filesystem]
dev = fido?
