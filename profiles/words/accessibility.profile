# A screen reader sees what the program shows. The program sees nothing of others: a proxy stands between.
[profile]
description = Screen readers can read the program
exposes = which events screen readers listen to

[dbus]
accessibility = filter
