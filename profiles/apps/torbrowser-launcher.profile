[profile]
description = Tor Browser, by Debian's launcher
include = tor-browser
