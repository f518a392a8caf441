# Builds in the working directory.
[profile]
description = Ninja: writes in the working directory, no network
use = project
