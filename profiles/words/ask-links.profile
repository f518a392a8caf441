# A link says something to whom it leads, by the user's browser. Here the user sees each, and chooses what opens it, or that
# nothing does. Where the word open-links is as well, that holds: nobody is asked.
[profile]
description = Open links in the user's browser, each asked about
exposes = any address that the user agrees to

[dbus]
links = ask
