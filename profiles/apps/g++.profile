# The same as for C.
[profile]
description = The GNU C++ compiler: writes in the working directory, no network
include = gcc
