# Builds in the working directory.
[profile]
description = GNU make: writes in the working directory, no network
use = project
