# every key
[profile]
description = A profile with every key
use = project, network-host
include = default ./other.profile
nested = yes

[filesystem]
ro = /a:/b ${HOME}/c? ~/d\,e /f\ g
rw = ${DOWNLOADS} ${XDG_CACHE_HOME}/x?:/y   # comment
hide = /h
tmpfs = /t:64K
overlay = /o
dev = gpu /dev/kvm
symlink = /l:target
noexec = /n
home = overlay
cwd = rw
root = ~/root
chdir = /tmp
[network]
mode = host
[seccomp]
policy = ./x.policy
[environment]
keep = A LC_*
set = B=${UID}\$ c, d
[identity]
uid = range
gid = 4294967294
hostname = box
[process]
tty = own
wall = 1.5h
cpu-time = none
rlimit.nofile = 1K:unlimited
