x = 1
[filesytem]
rwx = 1
[filesystem] rw = /x
[filesystem]
rwx = 1
rw = /a /b:c
mode = none
novalue
[network]
mode = nome
[process]
rlimit.nofile = 5x
rlimit.nofiles = 5
[profile]
use = projct, x
include = /nonexistent
set = A
[environment]
set = A
set = A=${HOEM}
keep = A,,B
[
