# A package runs what it likes when it is installed. It finds the project, the registry and nothing else:
# no tokens (~/.npmrc), no keys. What goes to the cache is dropped at the end, since every other project
# would take it from there.
[profile]
description = npm: writes in the working directory, reaches the registry
use = project

[network]
mode = internet
allow = registry.npmjs.org nodejs.org
# Packages that are fetched from where they are made.
allow = github.com codeload.github.com objects.githubusercontent.com

[filesystem]
overlay = ~/.npm?
# Node.js of the user's own, to run.
ro = ~/.nvm? ~/.local/bin?
