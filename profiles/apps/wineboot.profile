[profile]
description = Wine: makes the prefix
include = wine
