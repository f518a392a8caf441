[profile]
description = MuPDF: shows the documents that it is given
include = base-viewer
# There is no Wayland in it.
use = x11-isolated
