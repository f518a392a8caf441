# LibreWolf is a Firefox with places of its own.
[profile]
description = LibreWolf: public addresses, Downloads, sound
include = base-firefox

[filesystem]
data = ~/.librewolf? ${XDG_CONFIG_HOME}/librewolf ${XDG_CACHE_HOME}/librewolf

[dbus]
session.own = io.gitlab.librewolf-community.* org.mpris.MediaPlayer2.firefox.*
