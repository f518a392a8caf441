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
rlimit.nofile = 1K:unlimited
[resources]
wall = 1.5h
time = none
memory.max = 1G
memory.high = 900M
memory.swap = 0
pids.max = 100
cpus = 1.5
cpu.weight = 50
io.weight = none
io.read = /tmp:1M, ~/x\:y:2K
io.write-ops = /:100
fsize = 1G
output = 0
