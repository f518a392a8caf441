[profile]
description = Element, as some distributions call it
include = element-desktop
