# Podcasts and radio stations are on the network. Music players that are plugged in: --use removable-media.
[profile]
description = Rhythmbox: plays the music of ~/Music, public addresses
include = base-player
use = wayland|x11-isolated notifications open-links

[network]
mode = internet

[filesystem]
data = ${XDG_DATA_HOME}/rhythmbox ${XDG_CACHE_HOME}/rhythmbox ${XDG_CONFIG_HOME}/rhythmbox

[dbus]
session.own = org.gnome.Rhythmbox3 org.gnome.UPnP.MediaServer2.Rhythmbox org.mpris.MediaPlayer2.rhythmbox.*
