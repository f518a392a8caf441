[profile]
description = VLC, without windows
include = vlc
