[profile]
description = nano: changes the files that it is given

[filesystem]
arguments = rw
ro = ~/.nanorc? ${XDG_CONFIG_HOME}/nano?
