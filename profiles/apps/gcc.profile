# Builds in the working directory.
[profile]
description = The GNU C compiler: writes in the working directory, no network
use = project
