[profile]
description = Vim, by lines
include = vim
