# For what makes sandboxes itself. It may make user namespaces, in which parts of the kernel are open that users else
# never reach.
[profile]
description = Sandboxes inside the sandbox
exposes = parts of the kernel that are for its administrator
nested = yes
