[profile]
description = Google Chrome, as its package calls it
include = google-chrome
