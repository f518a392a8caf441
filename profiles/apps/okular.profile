[profile]
description = Okular: shows the documents that it is given
include = base-viewer
use = wayland|x11-isolated printing

[filesystem]
# KDE's programs have their settings in files beside those of all others. Changes are not kept.
ro = ${XDG_CONFIG_HOME}/okularrc? ${XDG_CONFIG_HOME}/okularpartrc?
# Notes and bookmarks.
data = ${XDG_DATA_HOME}/okular
