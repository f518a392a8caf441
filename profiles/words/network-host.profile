# The host's network as it is: every address, the local network and this machine's own services.
[profile]
description = The host's network, this machine's services included

[filesystem]
# /etc/resolv.conf is often a link to here.
ro = /run/systemd/resolve? /run/resolvconf? /run/NetworkManager/resolv.conf?

[network]
mode = host
