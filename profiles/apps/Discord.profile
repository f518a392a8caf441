[profile]
description = Discord, as its archive calls it
include = discord
