# Builds in the working directory.
[profile]
description = CMake: writes in the working directory, no network
use = project
