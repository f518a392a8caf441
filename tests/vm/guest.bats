#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# In the virtual machine, as root, with systemd and cgroup v2: what limits do for its users. tester's manager has the io
# controller as well, other's has not; nobody2 has no manager.

bats_require_minimum_version 1.5.0

H=/mnt/host/hutch
# Four megabytes to the disk, and how many milliseconds that took
WRITE='import mmap, os, time
fd = os.open("big", os.O_CREAT | os.O_WRONLY | os.O_DIRECT)
begin = time.monotonic()
for i in range(4): os.write(fd, mmap.mmap(-1, 1 << 20))
print(int((time.monotonic() - begin) * 1000))'

# login USER SCRIPT: in a session of USER's, as over ssh: its cgroup is root's
login() {
	systemd-run -q --wait --pipe --collect -p User="$1" -p PAMName=login -E XDG_SESSION_CLASS=user -E XDG_SESSION_TYPE=tty \
		-p WorkingDirectory="/home/$1" /bin/bash -lc "H=$H; $2" </dev/null
}

# desktop USER SCRIPT: as a service of USER's manager, as a desktop starts programs
desktop() {
	systemd-run -q --user -M "$1@" --wait --pipe --collect -p WorkingDirectory="/home/$1" /bin/bash -lc "H=$H; $2" </dev/null
}

# value KEY: of the JSON in /home/USER/r
value() {
	python3 -c 'import json,sys
value=json.load(open(sys.argv[1]))
for key in sys.argv[2].split("/"): value=value[key]
print(value)' "/home/${2:-tester}/r" "$1"
}

scopes() {
	find "/sys/fs/cgroup/user.slice/user-$1.slice/user@$1.service" -name 'hutch-*.scope'
}

no_scope_of() {
	local i
	for i in $(seq 300); do
		[ -n "$(scopes "$1")" ] || return 0
		sleep 0.1
	done
	return 1
}

@test "memory: what takes more is killed, and the report says so" {
	run login tester '$H run --memory 64M --report r -- python3 -c "b = bytearray(200 << 20)"'
	[ "$status" -eq 137 ]
	[ "$(value verdict)" = ML ]
	[ "$(value resources/oom_kills)" -ge 1 ]
	[ "$(value resources/peak_memory_bytes)" -le $((64 << 20)) ]
	[ "$(value resources/in_force/memory.max)" = $((64 << 20)) ]
	run login tester '$H run --report r -- python3 -c "b = bytearray(200 << 20)"'
	[ "$status" -eq 0 ]
	[ "$(value verdict)" = OK ]
}

# bats test_tags=long
@test "memory: as isolate's meta" {
	run login tester '$H run --memory 64M --report r --report-format meta -- python3 -c "b = bytearray(200 << 20)"'
	grep -qx status:ML /home/tester/r
	grep -qx cg-oom-killed:1 /home/tester/r
	grep -q '^cg-mem:6' /home/tester/r
}

# bats test_tags=long
@test "memory-high and swap are written" {
	run login tester '$H run --memory 64M --memory-high 32M --swap 8M --report r true'
	[ "$status" -eq 0 ]
	[ "$(value resources/in_force/memory.high)" = $((32 << 20)) ]
	[ "$(value resources/in_force/memory.swap.max)" = $((8 << 20)) ]
}

@test "pids: no more than that" {
	run login tester '$H run --pids 20 --report r -- sh -c "i=0; while [ \$i -lt 40 ]; do sleep 3 & i=\$((i + 1)); done; wait"'
	[ "$status" -ne 0 ]
	[[ $output == *"annot fork"* ]]
	[ "$(value resources/peak_pids)" -eq 21 ]
	[ "$(value resources/pids_limit_hits)" -ge 1 ]
}

@test "cpus: a fifth of a processor" {
	run login tester '$H run --cpus 0.2 --wall 4s --report r -- sh -c "while :; do :; done"'
	[ "$status" -eq 124 ]
	[ "$(value verdict)" = TO ]
	python3 -c "import sys; sys.exit(not 0.2 < $(value resources/cpu_seconds) < 1.8)"
	[ "$(value resources/cpu_throttled_microseconds)" -gt 100000 ]
}

# bats test_tags=long
@test "cpu-weight is written" {
	run login tester '$H run --cpu-weight 20 --report r true'
	[ "$status" -eq 0 ]
	[ "$(value resources/in_force/cpu.weight)" = 20 ]
}

@test "time: of all processes together" {
	run login tester '$H run --time 2s --memory 1G --report r -- sh -c "(while :; do :; done) & (while :; do :; done) & wait"'
	[ "$status" -eq 124 ]
	[ "$(value verdict)" = TO ]
	python3 -c "import sys; sys.exit(not 1.9 < $(value resources/cpu_seconds) < 4.5)"
}

@test "io: a megabyte a second, where the manager has the controller" {
	run login tester "$(printf '$H run --rw . --io-write .:1M --report r -- python3 -c %q; rm -f big' "$WRITE")"
	echo "$output"
	[ "$output" -ge 2500 ]
	[[ $(value resources/in_force/io.max) == *:*" wbps=1048576" ]]
}

# bats test_tags=long
@test "io: refused with the reason where it has not" {
	run login other '$H run --io-write .:1M true'
	[ "$status" -eq 125 ]
	[[ $output == *"--io-write .:1M: not held here: "*"user manager was not given that controller"* ]]
	run login other '$H run --allow-weaker limits --io-write .:1M --memory 64M --report r true'
	[ "$status" -eq 0 ]
	[ "$(value resources/in_force/memory.max other)" = $((64 << 20)) ]
	[[ $(value warnings other) == *"--io-write .:1M: not held"* ]]
}

@test "one scope serves the starts of all sessions, and goes when nobody needs it" {
	# One that stays, since here starting a session may take longer than a scope is kept.
	login tester 'exec $H run --memory 64M --name vm-stays sleep 100' &
	stays=$!
	until [ -n "$(compgen -G "$(scopes 1000)/box-*")" ]; do sleep 0.2; done
	scope=$(scopes 1000)
	run desktop tester '$H run -v --memory 64M --report r true'
	[ "$status" -eq 0 ]
	[[ $output == *"hutch: scope $scope: joined"* ]]
	second=$(value resources/cgroup)
	[ "${second%/*}" = "$scope" ]
	run login tester '$H run --memory 64M --report r true; $H stop vm-stays'
	third=$(value resources/cgroup)
	[ "${third%/*}" = "$scope" ]
	wait "$stays" || true
	[ "$(scopes 1000)" = "$scope" ]
	[ -f /run/user/1000/hutch-scope ]
	no_scope_of 1000
	[ ! -e /run/user/1000/hutch-scope ]
}

# bats test_tags=long
@test "a scope whose keeper was killed is not used again" {
	run login tester '$H run --memory 64M --report r true'
	first=$(value resources/cgroup)
	kill -KILL $(cat "${first%/*}/sup/cgroup.procs")
	run login tester '$H run --memory 64M --report r true'
	[ "$status" -eq 0 ]
	second=$(value resources/cgroup)
	[ "${first%/*}" != "${second%/*}" ]
}

# bats test_tags=long
@test "over the session bus, where the manager's own socket is not there" {
	no_scope_of 1000
	mv /run/user/1000/systemd/private /run/user/1000/systemd/moved
	run login tester '$H run --memory 64M --report r true'
	mv /run/user/1000/systemd/moved /run/user/1000/systemd/private
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $(value resources/cgroup) == */hutch-*.scope/box-* ]]
}

# bats test_tags=long
@test "starts at once make one scope" {
	no_scope_of 1000
	run login tester 'for i in 1 2 3 4 5 6; do $H run --pids 50 sleep 3 & pids="$pids $!"; done
		sleep 2; find /sys/fs/cgroup -name "hutch-*.scope"; for p in $pids; do wait $p || exit 9; done'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | sort -u | wc -l)" -eq 1 ]
}

@test "two users at once have a scope each" {
	login tester '$H run --memory 64M --report r sleep 2' &
	login other '$H run --memory 64M --report r sleep 2'
	wait $!
	[[ $(value resources/cgroup) == */user@1000.service/* ]]
	[[ $(value resources/cgroup other) == */user@1001.service/* ]]
}

@test "inside, the box is all there is" {
	run login tester '$H run --memory 64M cat /proc/self/cgroup'
	[ "$output" = 0::/ ]
}

@test "a killed launcher leaves nothing alive, and the next command removes its box" {
	run login tester '$H run --memory 64M --report r sh -c "sleep 100 & sleep 100" & launcher=$!
		until ls -d /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/hutch-*/box-$launcher; do sleep 0.1; done
		box=$(ls -d /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/hutch-*/box-$launcher)
		until [ "$(cat $box/pids.current)" -ge 3 ]; do sleep 0.1; done
		kill -KILL $launcher; sleep 0.5
		grep -q "populated 1" $box/cgroup.events 2>/dev/null || echo nobody is alive
		$H run --memory 64M true; ls -d $box'
	echo "$output"
	[[ $output == *"nobody is alive"* ]]
	[[ $output == *"cannot access"* ]]
}

@test "without a user manager: refused with the remedy; processes are limited all the same" {
	run setpriv --reuid nobody2 --regid nobody2 --init-groups env -i HOME=/home/nobody2 PATH="$PATH" \
		$H run --memory 64M true
	[ "$status" -eq 125 ]
	[[ $output == *"--memory 64M: not held here: "*"no user manager"* ]]
	run setpriv --reuid nobody2 --regid nobody2 --init-groups env -i HOME=/home/nobody2 PATH="$PATH" \
		$H run --pids 5 sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
	[ "$status" -ne 0 ]
	[[ $output == *"annot fork"* ]]
}

@test "a service with Delegate=yes is divided without asking anybody" {
	run systemd-run -q --wait --pipe --collect -p User=nobody2 -p Delegate=yes -p WorkingDirectory=/home/nobody2 \
		$H run -v --memory 64M --pids 9 --report /home/nobody2/r true
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $(value resources/cgroup nobody2) == /sys/fs/cgroup/system.slice/run-*/box-* ]]
	[ "$(value resources/in_force/pids.max nobody2)" = 10 ]
}

@test "what is executed in a running sandbox is in its box" {
	run login tester '$H run --memory 64M --name vm-box sleep 30 &
		until $H exec vm-box true 2>/dev/null; do sleep 0.2; done
		$H exec vm-box cat /proc/self/cgroup
		$H exec vm-box -- python3 -c "b = bytearray(200 << 20)"; echo $?
		$H stop vm-box; wait'
	echo "$output"
	[[ $output == *"0::/"* ]]
	[[ $output == *137* ]]
}

@test "pause and resume freeze the box" {
	$H pause --help >/dev/null 2>&1 || skip "there is no hutch pause"
	run login tester '$H run --memory 64M --name vm-box --report r sleep 60 &
		until $H exec vm-box true 2>/dev/null; do sleep 0.2; done
		box=$(ls -d /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/hutch-*/box-*)
		$H pause vm-box && grep frozen $box/cgroup.events
		$H resume vm-box && grep frozen $box/cgroup.events
		$H stop vm-box; wait'
	echo "$output"
	[[ $output == *"frozen 1"*"frozen 0"* ]]
}

@test "a manager that refuses: nothing runs, unless that is allowed" {
	no_scope_of 1001
	run login other 'export XDG_RUNTIME_DIR=$HOME/run; mkdir -pm 700 run/systemd
		/mnt/host/fake_manager $XDG_RUNTIME_DIR/systemd/private refuse & sleep 1
		$H run --memory 64M echo ran; echo $?
		$H run --memory 64M --allow-weaker limits echo ran anyway; echo $?; kill $!'
	echo "$output"
	[[ ${lines[0]} == "hutch: --memory 64M: systemd's user manager: making a scope: Not today" ]]
	[[ ${lines[1]} == *"--allow-weaker limits"* ]]
	[ "${lines[2]}" = 125 ]
	[[ ${lines[3]} == "hutch: limits: not held: --memory 64M: "* ]]
	[ "${lines[4]}" = "ran anyway" ]
}

@test "AppArmor's restriction of user namespaces: refused, with the remedy" {
	setting=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
	[ -e "$setting" ] || skip "this kernel has no such setting"
	before=$(cat "$setting")
	echo 1 >"$setting"
	run login tester '$H run true'
	echo "$before" >"$setting"
	[ "$status" -eq 125 ]
	[[ $output == *"hutch doctor"* ]]
}

@test "explain tells what would hold the limits" {
	run login tester '$H explain --memory 64M true'
	[[ $output == *"memory.max 67108864  [--memory 64M]"*"a scope of systemd's user manager"* ]]
}

# What no overlay can be laid over, at ~tester/far. mount_far: once more, as after a night
far_session() {
	mkdir -p /home/tester/far
	mount_far
	chown tester /home/tester/far 2>/dev/null || true
	login tester 'cd far; mkdir deep; for n in a b c gone deep/d; do echo $n >$n; done
		$H shell --net none --rm -- sh -c "! echo x >>a" 2>~/err
		grep "far (.*): a file system of that kind cannot be a lower layer, it is read-only.*--copy /home/tester/far" ~/err || exit 1
		$H shell --net none --keep s --copy . -- sh -ec "echo x >>a; rm -r deep; mkdir new; echo n >new/n; mv c moved; echo s >gone" 2>~/err'
	umount /home/tester/far
	mount_far
	login tester 'set -ex; cd far; $H apply s
		[ "$(tr "\n" " " <a)" = "a x " ]; [ ! -e deep ]; [ "$(cat new/n)" = n ]; [ "$(cat moved)" = c ]; [ ! -e c ]; [ "$(cat gone)" = s ]
		[ "$($H diff s)" = "nothing changed" ]'
	umount /home/tester/far
	mount_far
	login tester 'set -ex; cd far; $H undo s
		[ "$(cat a)" = a ]; [ "$(cat deep/d)" = deep/d ]; [ ! -e new ]; [ "$(cat c)" = c ]; [ ! -e moved ]; [ "$(cat gone)" = gone ]
		echo h >>a; echo h >deep/late; rm gone
		$H apply s 2>~/err && exit 1 || [ $? -eq 1 ]
		for n in a deep gone; do grep "far/$n: left out: .* on the host since the session began" ~/err; done
		[ "$(tail -1 a)" = h ]; [ -e deep/late ]; [ ! -e gone ]; [ -e moved ]; [ -z "$(ls -A | grep hutch)" ]
		$H undo s; $H discard s; rm -rf ./*'
	umount /home/tester/far
}

# bats test_tags=long
@test "sessions over NFS: copied, applied and taken back from another mount than they began on" {
	command -v exportfs >/dev/null && modprobe -a nfs nfsd || skip "no NFS in this image"
	mkdir -p /srv/far
	chown tester /srv/far
	echo "/srv/far 127.0.0.1(rw,insecure,no_subtree_check)" >/etc/exports
	systemctl restart nfs-server
	for version in 4.2 3; do
		mount_far() { mount -t nfs -o "vers=$version,nolock" 127.0.0.1:/srv/far /home/tester/far; }
		far_session
	done
}

@test "sessions over FAT: likewise" {
	command -v mkfs.vfat >/dev/null && modprobe -a vfat loop || skip "no FAT in this image"
	truncate -s 20M /tmp/fat
	mkfs.vfat /tmp/fat
	mount_far() { mount -t vfat -o loop,uid=1000,gid=1000,fmask=133,dmask=022 /tmp/fat /home/tester/far; }
	far_session
}

# Here root may raise the limit that stops it elsewhere. Not of this machine's, but of the caller's own network.
# bats test_tags=long
@test "network: ten thousand connections at once, each served, in bounded memory" {
	run prlimit --nofile=65536:65536 setpriv --reuid 1000 --regid 1000 --init-groups env HUTCH_NET_CONNECTIONS=10000 \
		python3 /mnt/host/tests/net/core.py /mnt/host/helpers/net/hutch-net many_connections
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"ok 1 many connections"* ]]
	grep '^# 10000 connections, ' <<<"$output" >&3
}
