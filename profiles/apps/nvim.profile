[profile]
description = Neovim: changes the files that it is given

[filesystem]
arguments = rw
# Read, not changed: a Neovim outside obeys them, too. Plugins are installed there.
ro = ${XDG_CONFIG_HOME}/nvim? ${XDG_DATA_HOME}/nvim?
data = ${XDG_STATE_HOME}/nvim
