# Documents that are named on the command line can be changed, others through a file chooser of the
# portal's, or with --use documents. Macros, databases and what a document links to find no network;
# --net internet for templates and linked pictures.
[profile]
description = LibreOffice: changes the documents that it is given, no network
include = base-window
use = wayland|x11-isolated printing stay-awake

[filesystem]
arguments = rw
data = ${XDG_CONFIG_HOME}/libreoffice

[dbus]
session.own = org.libreoffice.*
