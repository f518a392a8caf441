[profile]
description = pip, of Python 3
include = pip
