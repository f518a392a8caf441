# The working directory, to write in: for compilers and what drives them.
[profile]
description = Write in the working directory, but not in what runs later outside

[filesystem]
cwd = rw
# What git obeys: its configuration and hooks.
git = protect
# What direnv or an editor obeys later, as far as it is there. What is not there yet can still be made.
ro = .envrc? .vscode? .idea?
