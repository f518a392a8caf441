[profile]
description = GIMP 2.10
include = gimp
