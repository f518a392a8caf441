# Opens what it is given, to change it. Lines in a text that set options, and plugins that run when a text
# is opened, can't reach anything else.
[profile]
description = Vim: changes the files that it is given

[filesystem]
arguments = rw
# Read, not changed: a Vim outside obeys them, too.
ro = ~/.vimrc? ~/.vim? ${XDG_CONFIG_HOME}/vim?
