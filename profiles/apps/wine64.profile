[profile]
description = Wine, 64 bits
include = wine
