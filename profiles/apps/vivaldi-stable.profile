[profile]
description = Vivaldi, as its package calls it
include = vivaldi
