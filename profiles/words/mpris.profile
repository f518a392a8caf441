# The desktop's keys and panel steer what is played. Any player's name can be taken; add the program's own to have just
# that: session.own = org.mpris.MediaPlayer2.NAME.*
[profile]
description = Play, pause and skip by the desktop's keys and panel
exposes = nothing of other players; it can take a player's name

[dbus]
session.own = org.mpris.MediaPlayer2.*
