# Reads what it is given, writes into the working directory. Filters run in here; pictures that a text
# names by address are not fetched.
[profile]
description = pandoc: writes in the working directory, no network

[filesystem]
cwd = rw
ro = ${XDG_DATA_HOME}/pandoc? ~/.pandoc?
