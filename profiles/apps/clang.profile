# Builds in the working directory.
[profile]
description = The clang C compiler: writes in the working directory, no network
use = project
