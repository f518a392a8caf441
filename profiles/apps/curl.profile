# What servers send is parsed in here. Passwords of ~/.netrc: --ro '~/.netrc'. Machines of the local
# network: --net lan.
[profile]
description = curl: public addresses, saves into the working directory

[network]
mode = internet

[filesystem]
cwd = rw
ro = ~/.curlrc? ${XDG_CONFIG_HOME}/curlrc?

