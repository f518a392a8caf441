[profile]
description = Tor Browser, by its own starter
include = tor-browser
