# Opens what it is given, to change it; more of a project by --cwd rw. In a terminal, -nw, without a
# display: --profile vim.
[profile]
description = Emacs: changes the files that it is given
include = base-window
use = wayland|x11-isolated

[filesystem]
arguments = rw
# Read, not changed: an Emacs outside obeys them, too. Packages are installed there.
ro = ~/.emacs? ~/.emacs.el? ~/.emacs.d? ${XDG_CONFIG_HOME}/emacs?
