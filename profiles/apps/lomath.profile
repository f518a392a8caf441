[profile]
description = LibreOffice Math
include = libreoffice
