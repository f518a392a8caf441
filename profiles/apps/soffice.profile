[profile]
description = LibreOffice, as it calls itself
include = libreoffice
