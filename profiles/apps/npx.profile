[profile]
description = npx: as npm
include = npm
