[profile]
description = What is in a film or recording: reads what it is given, no network
