# To read: the one name of Vim's that gets no file to change.
[profile]
description = Vim, to read
include = vim

[filesystem]
arguments = ro
