# Modules and their checksums from where Go asks by default. What goes to the cache is dropped at the end,
# since every other project would take it from there.
[profile]
description = Go: writes in the working directory, reaches the module proxy
use = project

[network]
mode = internet
allow = proxy.golang.org sum.golang.org storage.googleapis.com

[filesystem]
overlay = ~/go? ${XDG_CACHE_HOME}/go-build?

[environment]
keep = GOFLAGS GOOS GOARCH CGO_ENABLED
