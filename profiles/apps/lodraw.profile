[profile]
description = LibreOffice Draw
include = libreoffice
