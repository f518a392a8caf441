[profile]
description = LibreOffice Calc
include = libreoffice
