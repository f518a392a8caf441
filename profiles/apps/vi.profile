[profile]
description = Vim, or whatever is called so
include = vim
