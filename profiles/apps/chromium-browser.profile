[profile]
description = Chromium, as some distributions call it
include = chromium
