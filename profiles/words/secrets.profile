# The desktop's keyring. It knows no bounds between programs: whoever is let in reads all of it.
[profile]
description = Passwords in the desktop's keyring
exposes = all passwords in the keyring, those of other programs too
escape = every password that is kept in the keyring can be read, and used elsewhere

[dbus]
session.talk = org.freedesktop.secrets
