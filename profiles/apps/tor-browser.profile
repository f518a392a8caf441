# Where torbrowser-launcher unpacks it; for another place: hutch run --profile tor-browser --rw DIR
# DIR/Browser/start-tor-browser.
[profile]
description = Tor Browser: public addresses, its own directory, Downloads, sound
include = base-firefox

[filesystem]
# It updates itself, so that programs are here, too.
data = ${XDG_DATA_HOME}/torbrowser ${XDG_CONFIG_HOME}/torbrowser ${XDG_CACHE_HOME}/torbrowser
rw = ~/tor-browser?
