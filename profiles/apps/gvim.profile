[profile]
description = Vim with windows: changes the files that it is given
include = base-window vim
use = wayland|x11-isolated
