# What servers send is parsed in here. Machines of the local network: --net lan.
[profile]
description = wget: public addresses, saves into the working directory

[network]
mode = internet

[filesystem]
cwd = rw
ro = ~/.wgetrc?

