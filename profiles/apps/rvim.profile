[profile]
description = Vim, restricted
include = vim
