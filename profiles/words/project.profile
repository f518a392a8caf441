# The working directory, to write in: for compilers and what drives them.
[profile]
description = Write in the working directory, but not in what runs later outside

[filesystem]
cwd = rw
# What is executed or obeyed outside of the sandbox later, by git, direnv or an editor, as far as it
# is there. What is not there yet can still be made.
ro = .git/hooks? .git/config? .envrc? .vscode? .idea?
