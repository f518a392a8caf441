# For others to include: an application that brings a Chromium of its own. Notes about cameras, the
# local network and the keyring are in base-chromium.
#
# An icon in the tray: --use tray, of which hutch explain says what it opens.
[profile]
description = For others to include: applications made with Electron
include = base-chromium

[environment]
# Electron before 38 looks for an X server unless told.
set = ELECTRON_OZONE_PLATFORM_HINT=auto
