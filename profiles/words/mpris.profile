# The desktop's keys and panel steer what is played. Any player's name can be taken, and who may have a name may also talk
# to who has it: the filter knows no other rule. Add the program's own to have just that, without this word:
# session.own = org.mpris.MediaPlayer2.NAME.*
[profile]
description = Play, pause and skip by the desktop's keys and panel
exposes = what other players play, and steering them; it can take a player's name

[dbus]
session.own = org.mpris.MediaPlayer2.*
