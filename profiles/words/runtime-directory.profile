# The directory for sockets of a session ($XDG_RUNTIME_DIR), empty and the program's own. Words that put something
# there use this one.
[profile]
description = An empty runtime directory

[filesystem]
tmpfs = ${XDG_RUNTIME_DIR}

[environment]
set = XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR}
