# The user's own Firefox: what it keeps, and the directory for downloads. --home NAME is for one that
# has nothing to do with it.
[profile]
description = Firefox: public addresses, Downloads, sound
include = base-firefox

[filesystem]
# Firefox stays in ~/.mozilla where that is; since 147 a new user's is in ~/.config. To make ~/.mozilla
# would make it forget the other.
data = ~/.mozilla? ${XDG_CONFIG_HOME}/mozilla ${XDG_CACHE_HOME}/mozilla
# Programs that extensions start, also in a Firefox outside, are named here.
ro = ~/.mozilla/native-messaging-hosts?

[dbus]
# A link that is opened elsewhere comes to the Firefox that runs.
session.own = org.mozilla.firefox.* org.mpris.MediaPlayer2.firefox.*
