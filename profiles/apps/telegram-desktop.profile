# Made with Qt: no sandbox of its own inside. Voice messages and calls: --use audio-record,camera.
[profile]
description = Telegram: public addresses, Downloads, sound
include = base-window
use = wayland|x11-isolated audio-playback notifications stay-awake downloads open-links

[network]
mode = internet

[filesystem]
data = ${XDG_DATA_HOME}/TelegramDesktop
# A file that is to be sent.
arguments = ro

[dbus]
session.own = org.telegram.desktop.* org.mpris.MediaPlayer2.tdesktop.*
