[profile]
description = Vim, to compare
include = vim
