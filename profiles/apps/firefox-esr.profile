[profile]
description = Firefox ESR, as Debian calls it
include = firefox
