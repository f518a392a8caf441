# The agent signs for whoever asks, so that keys need not be there to be used.
[profile]
description = Log in elsewhere with the keys of the ssh agent
needs = ${SSH_AUTH_SOCK}
exposes = logging in wherever the keys do, for as long as it runs

[filesystem]
ro = ${SSH_AUTH_SOCK}

[environment]
set = SSH_AUTH_SOCK=${SSH_AUTH_SOCK}
