[profile]
description = LibreOffice Writer
include = libreoffice
