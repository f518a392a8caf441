# Scripts of a project. To fetch packages there is npm.
[profile]
description = Node.js: writes in the working directory, no network
use = project

[filesystem]
ro = ~/.nvm?
