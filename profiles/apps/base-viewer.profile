# For others to include: shows the files that are named on the command line, or chosen in a file
# chooser of the portal's. What such a file makes the viewer do stays in here: nothing to write to, no
# network.
[profile]
description = For others to include: a viewer of files, read-only
include = base-window

[filesystem]
arguments = ro
