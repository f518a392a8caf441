[profile]
description = LibreOffice Base
include = libreoffice
