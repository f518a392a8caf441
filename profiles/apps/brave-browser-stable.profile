[profile]
description = Brave, as its package calls it, too
include = brave
