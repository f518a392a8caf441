# Browsers keep the processes that show pages in sandboxes of their own. They are worth more than what they cost.
[profile]
description = A browser's own sandboxes inside the sandbox
exposes = user namespaces: parts of the kernel that are for its administrator
nested = yes

[seccomp]
policy = browser
