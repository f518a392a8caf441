[profile]
description = Wine's settings
include = wine
