[profile]
description = Telegram, as its archive calls it
include = telegram-desktop
