# What every program gets, unless its own profile or an option says otherwise.
#
# Everything that is not named here does not exist inside: other users' homes, /root, /mnt, /media,
# /srv, /boot, most of /var and /sys. The program itself and the existing files on its command line
# are added read-only by `hutch run`. See hutch-profile(5); `hutch explain PROGRAM` shows the result.

[profile]
description = No network, an empty home, the system read-only
# The program may not make user namespaces of its own: most ways out of a sandbox begin there.
nested = no

[filesystem]
# The system, to read and to execute. "?" stands behind what not every system has.
ro = /usr
ro = /bin? /sbin? /lib? /lib32? /lib64? /libx32? /etc? /opt? /nix?
# Fonts are looked up in a cache that the system keeps for all.
ro = /var/cache/fontconfig?
# How many processors there are. No more of /sys: it names the machine's parts and serial numbers.
ro = /sys/devices/system/cpu? /sys/devices/system/node?

# Files in /etc that hold passwords, keys, or who may become whom. Most are closed to users anyway;
# they are covered for those who are not most, and for root.
hide = /etc/shadow? /etc/shadow-? /etc/gshadow? /etc/gshadow-? /etc/security/opasswd?
hide = /etc/sudoers? /etc/sudoers.d? /etc/doas.conf?
hide = /etc/ssh/ssh_host_rsa_key? /etc/ssh/ssh_host_ecdsa_key? /etc/ssh/ssh_host_ed25519_key?
hide = /etc/ssl/private? /etc/pki/tls/private? /etc/letsencrypt? /etc/krb5.keytab?
hide = /etc/NetworkManager/system-connections? /etc/netplan? /etc/wpa_supplicant? /etc/iwd?
hide = /etc/wireguard? /etc/openvpn? /etc/ppp? /etc/ipsec.secrets? /etc/swanctl?
hide = /etc/crypttab? /etc/cryptsetup-keys.d?
# One number by which this machine can be told from all others.
hide = /etc/machine-id?

# Empty and its own, gone when it ends.
tmpfs = /tmp /run /dev/shm /var/tmp

home = private
cwd = none

[network]
mode = none

[seccomp]
policy = default

[environment]
# The language, the terminal, and where things are. Variables carry tokens and sockets, so nothing
# else of the caller's gets in.
keep = LANG LANGUAGE LC_* TZ
keep = TERM COLORTERM NO_COLOR
keep = PATH HOME USER LOGNAME

[identity]
uid = self

[process]
tty = auto
