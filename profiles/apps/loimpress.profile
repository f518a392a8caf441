[profile]
description = LibreOffice Impress
include = libreoffice
