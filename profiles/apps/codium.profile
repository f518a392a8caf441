# As Visual Studio Code, with places of its own.
[profile]
description = VSCodium: changes what it is given, public addresses
include = code

[filesystem]
data = ${XDG_CONFIG_HOME}/VSCodium ~/.vscode-oss

[environment]
# Where it has the socket by which a second start finds the first, instead of opening the same profile twice.
set = TMPDIR=${XDG_CONFIG_HOME}/VSCodium
