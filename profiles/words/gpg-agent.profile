# The agent's socket for other machines ("extra"): it signs and decrypts, but hands no key over and changes none.
# The public keys and the settings come along, to read. gpg inside has to find its agent at the usual place, and passes over it
# where the directory is open to others.
[profile]
description = Sign and decrypt with the keys of the GnuPG agent
use = runtime-directory
needs = ${GPG_AGENT_SOCKET}
exposes = signing and decrypting in the user's name, unless the agent asks; and who the user has keys of

[filesystem]
tmpfs = ${XDG_RUNTIME_DIR}/gnupg ~/.gnupg
ro = ${GPG_AGENT_SOCKET}:${XDG_RUNTIME_DIR}/gnupg/S.gpg-agent
ro = ~/.gnupg/pubring.kbx? ~/.gnupg/pubring.gpg? ~/.gnupg/trustdb.gpg? ~/.gnupg/gpg.conf? ~/.gnupg/common.conf?
