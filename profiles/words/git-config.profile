# The user's settings for git: name, address, aliases. Credentials are in other files, which stay out.
[profile]
description = The user's git settings, read-only

[filesystem]
ro = ~/.gitconfig? ${XDG_CONFIG_HOME}/git/config? ${XDG_CONFIG_HOME}/git/ignore?
ro = ${XDG_CONFIG_HOME}/git/attributes?
