[profile]
description = Brave, as its package calls it
include = brave
