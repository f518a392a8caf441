# The files and directories that are named can be changed, and what runs in its terminal and extensions
# sees no others. Extensions are in ~/.vscode, and stay; so run it in here always (hutch integrate add code):
# what was put there would be obeyed by a Code outside.
[profile]
description = Visual Studio Code: changes what it is given, public addresses
include = base-electron
use = git-config

[filesystem]
arguments = rw
data = ${XDG_CONFIG_HOME}/Code ~/.vscode

[seccomp]
# Debuggers. It has all that "browser" has where a sandbox may be nested.
policy = dev

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/Code
keep = EDITOR VISUAL PAGER GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
