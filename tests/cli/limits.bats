#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits where there is no systemd: output, time, processes, what is refused, a cgroup that was delegated (made by root, who
# then is somebody else), and a user manager that is a fake. What memory, cpu and io controllers do is in tests/vm.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	cd "$T"
}

teardown() {
	local pid
	cd /
	for pid in $(cat "$T/pids" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	if [ -n "${GROUP:-}" ]; then
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			find "$GROUP" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r pid; do kill -KILL "$pid"; done
			find "$GROUP" -depth -type d -exec rmdir {} + 2>/dev/null && break
			sleep 0.1
		done
	fi
	[ -z "$T" ] || rm -rf "$T"
}

# value KEY: of the JSON report r
value() {
	/usr/bin/python3 -c 'import json,sys
value=json.load(open("r"))
for key in sys.argv[1].split("/"): value=value[key]
print(value)' "$1"
}

# Somebody who is not root, to run as: as_user COMMAND…
need_user() {
	if [ "$(id -u)" -ne 0 ]; then
		as_user() { "$@"; }
		return
	fi
	USER_ID=$(id -u hutchtest 2>/dev/null || id -u hutch-ci 2>/dev/null || echo 65534)
	as_user() { setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env HOME=/ "$@"; }
	as_user "$HUTCH" run true 2>/dev/null || skip "nobody but root can run hutch here"
	chown "$USER_ID" "$T"
}

# A cgroup of version 2 that is the user's to divide, and start/ below it.
need_group() {
	local mount
	[ "$(id -u)" -eq 0 ] || skip "root alone can delegate a cgroup"
	need_user
	mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	[ -n "$mount" ] || skip "no cgroup version 2 is mounted"
	GROUP=$mount$(sed -n 's/^0:://p' /proc/self/cgroup | sed 's,^/$,,')/hutch-test-$$-$BATS_TEST_NUMBER
	mkdir "$GROUP" 2>/dev/null || { GROUP=; skip "no cgroup can be made"; }
	mkdir "$GROUP/start"
	chown "$USER_ID" "$GROUP" "$GROUP"/cgroup.{procs,subtree_control} "$GROUP/start" "$GROUP"/start/cgroup.{procs,subtree_control}
}

# start_in DIRECTORY COMMAND…: run as the user, in that cgroup from the start
start_in() {
	local group=$1
	shift
	bash -c 'echo $$ >"$1/cgroup.procs" || exit 99; id=$2; shift 2
		exec setpriv --reuid "$id" --regid "$id" --clear-groups env HOME=/ "$@"' bash "$group" "$USER_ID" "$@"
}

@test "output ends at the limit, and the writer as before a closed pipe" {
	run -141 timeout 20 "$HUTCH" run --output 10 --report r sh -c 'while :; do echo hello; done'
	[ "$output" = $'hello\nhell' ]
	[ "$(value verdict)" = OL ]
	[ "$(value resources/output_truncated)" = True ]
}

@test "who writes no more than the limit is not disturbed, and who stops writing runs on" {
	run -3 "$HUTCH" run --output 6 --report r sh -c 'echo hello; exit 3'
	[ "$output" = hello ]
	[ "$(value verdict)" = RE ]
	[ "$(value resources/output_bytes)" -eq 6 ]
	run -0 "$HUTCH" run --output 5 --report r sh -c 'echo hello; sleep 0.2; exit 0'
	[ "$(value verdict)" = OL ]
}

@test "standard output and error are counted together, and keep their order where they are one" {
	run -0 "$HUTCH" run --output 1K sh -c 'for i in 1 2 3 4 5; do echo a$i; echo b$i >&2; done'
	[ "$output" = $'a1\nb1\na2\nb2\na3\nb3\na4\nb4\na5\nb5' ]
	"$HUTCH" run --output 6 sh -c 'echo out; sleep 0.2; echo error >&2; :' >out 2>error
	[ "$(cat out error)" = $'out\ner' ]
}

@test "output is what was written, all of it, also into a slow pipe and to a file" {
	head -c 3000000 /dev/urandom >data
	"$HUTCH" run --ro data --output 10M cat data >copy
	cmp data copy
	"$HUTCH" run --ro data --output 10M cat data | { sleep 0.5; cat >copy2; }
	cmp data copy2
	"$HUTCH" run --ro data --output 1000000 --report r cat data >copy3 || true
	cmp <(head -c 1000000 data) copy3
}

@test "a reader that goes away ends the program" {
	run bash -c '"$HUTCH" run --output 100M --wall 20s sh -c "while :; do echo y; done" | head -c 2; echo "${PIPESTATUS[0]}"'
	[ "${lines[1]}" = 141 ]
}

@test "output without a limit goes through no pipe" {
	"$HUTCH" run sh -c 'test -f /proc/self/fd/1' >plain
	run -1 "$HUTCH" run --output 1K sh -c 'test -f /proc/self/fd/1' >/dev/null
}

@test "output cannot be counted on a terminal of its own" {
	run -125 "$HUTCH" run --output 1K --tty own true
	[[ $output == *"--output 1K: cannot be counted on a terminal of its own (--tty own)"* ]]
}

@test "no file grows beyond fsize" {
	run -153 "$HUTCH" run --fsize 4K --report r sh -c 'exec head -c 10000 /dev/zero >/tmp/x'
	[ "$(value verdict)" = OL ]
	run -0 "$HUTCH" run --fsize 16K --report r sh -c 'exec head -c 10000 /dev/zero >/tmp/x'
	[ "$(value verdict)" = OK ]
}

@test "time is that of all processes together" {
	run -124 timeout 30 "$HUTCH" run --time 1s --report r sh -c 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'
	[ "$(value verdict)" = TO ]
	[ "$(value ended)" = time-limit ]
}

@test "the verdicts of the report and of isolate's meta" {
	local row
	while read -r verdict command; do
		"$HUTCH" run --wall 1s --report r sh -c "$command" || true
		[ "$(value verdict)" = "$verdict" ]
		"$HUTCH" run --wall 1s --report meta --report-format meta sh -c "$command" || true
		[ "$(sed -n 's/^status://p' meta)" = "${verdict#OK}" ]
	done <<-END
		OK exit 0
		RE exit 3
		SG kill -SEGV \$\$
		TO sleep 9
	END
	"$HUTCH" run --report r /nowhere/at/all 2>/dev/null || true
	[ "$(value verdict)" = XX ]
}

@test "processes are limited without any cgroup, but not root's" {
	need_user
	run -2 as_user "$HUTCH" run --pids 5 sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
	[[ $output == *"Cannot fork"* ]]
	run -0 as_user "$HUTCH" run --pids 12 sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 0.1 & done; wait'
}

# Where version 2 has the controller, somebody may hold memory.
need_no_memory() {
	local mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	[ -z "$mount" ] || ! grep -qw memory "$mount/cgroup.controllers" || skip "memory can be limited here"
}

@test "what cannot be held is refused, naming where it was asked for" {
	need_user
	need_no_memory
	run -125 as_user "$HUTCH" run --memory 1G echo ran
	[[ ${lines[0]} == "hutch: --memory 1G: not held here: "* ]]
	[[ ${lines[1]} == *"--allow-weaker limits"* ]]
	printf '[resources]\nmemory.max = 1G\n' >small.profile
	run -125 as_user "$HUTCH" run --profile ./small.profile echo ran
	[[ ${lines[0]} == "hutch: "*"small.profile:2: memory.max 1G: not held here: "* ]]
	run -0 as_user "$HUTCH" run --profile ./small.profile --memory none echo ran
	[ "$output" = ran ]
}

@test "--allow-weaker limits goes on, says so, and watches memory" {
	need_user
	need_no_memory
	run -0 --separate-stderr as_user "$HUTCH" run --allow-weaker limits --cpus 1 --memory 1G --report r echo ran
	[ "$output" = ran ]
	[[ $stderr == *"hutch: --cpus 1: not held"* ]]
	[[ $(value warnings) == *"--cpus 1: not held"*  ]]
	run -137 as_user "$HUTCH" run --allow-weaker limits --memory 100M --wall 30s --report r /usr/bin/python3 -c 'import os, time
for i in range(3): os.fork()
b = bytearray(b"x") * (20 << 20)
time.sleep(20)'
	[ "$(value verdict)" = ML ]
}

@test "values that make no sense are errors" {
	local row
	while read -r option message; do
		run -125 "$HUTCH" run $option true
		[[ $output == *"$message"* ]] || { echo "$option: $output"; return 1; }
	done <<-END
		--memory=0 --memory 0: nothing could run with that
		--memory=x --memory x: not a size
		--pids=0 --pids 0: not a number from 1
		--cpus=0.001 --cpus 0.001: not a number from 0.01 to 10000
		--cpus=1.2345 --cpus 1.2345: not a number
		--cpu-weight=0 --cpu-weight 0: not a number from 1 to 10000
		--io-read=/tmp --io-read /tmp: the form is PATH:SIZE
		--io-read=/proc:1M --io-read /proc:1M: not on a disk
	END
}

@test "a run without limits asks for nothing" {
	command -v strace >/dev/null || skip "no strace"
	strace -f -o trace "$HUTCH" run true || skip "strace does not work here"
	! grep -q -e /sys/fs/cgroup -e self/cgroup -e INTO_CGROUP -e hutch-scope -e timerfd_create trace
}

@test "a delegated cgroup: a box in it, gone at the end" {
	need_group
	run -0 start_in "$GROUP/start" "$HUTCH" run --time 5s --report r cat /proc/self/cgroup
	[[ $output == *"0::/" ]]
	[[ $(value resources/cgroup) == "$GROUP"/start/box-* ]]
	[ -z "$(find "$GROUP" -name 'box-*')" ]
}

@test "a delegated cgroup: what a killed launcher left is removed by the next" {
	need_group
	start_in "$GROUP/start" "$HUTCH" run --time 5s sleep 100 &
	for _ in $(seq 100); do
		box=$(find "$GROUP" -name 'box-*')
		[ -n "$box" ] && [ "$(wc -l <"$box/cgroup.procs")" -ge 2 ] && break
		sleep 0.05
	done
	kill -KILL "${box##*-}"
	wait $! || true
	[ -d "$box" ]
	run -0 start_in "$GROUP/start" "$HUTCH" run --time 5s true
	[ ! -d "$box" ]
}

# start_sleeper: a process in start/ that sleeps, its number in $target
start_sleeper() {
	rm -f sleeper
	start_in "$GROUP/start" sh -c 'echo $$ >sleeper; exec sleep 60' 3>&- &
	until [ -s sleeper ]; do sleep 0.02; done
	target=$(cat sleeper)
	echo "$target" >>"$T/pids"
}

# --- a fake user manager ---

# fake BEHAVIOUR…: in $T/systemd/private
fake() {
	[ -x "${FAKE_MANAGER:-}" ] || skip "there is no hutch-scope (libsystemd)"
	need_user
	mkdir -p systemd
	as_user true
	rm -f systemd/private
	as_user env "$FAKE_MANAGER" "$T/systemd/private" "$@" >"$T/told" 2>&1 3>&- &
	echo $! >>"$T/pids"
	for _ in $(seq 100); do
		[ -S systemd/private ] && return
		sleep 0.02
	done
	return 1
}

# ask MILLISECONDS: hutch-scope for a process that sleeps, whose number is in $target
ask() {
	as_user sleep 60 3>&- &
	target=$!
	echo "$target" >>"$T/pids"
	run as_user env XDG_RUNTIME_DIR="$T" "$SCOPE" "$T/hutch-scope" "$target" "$1" 1
}

@test "the manager: refuses" {
	mkdir systemd; [ "$(id -u)" -ne 0 ] || chmod 777 . systemd
	fake refuse
	ask 2000
	[ "$status" -eq 125 ]
	[[ $output == "error systemd's user manager: making a scope: Not today" ]]
}

@test "the manager: does not answer" {
	mkdir systemd; [ "$(id -u)" -ne 0 ] || chmod 777 . systemd
	fake silent
	ask 500
	[ "$status" -eq 125 ]
	[[ $output == "error systemd's user manager: making a scope: "*"timed out"* ]]
}

@test "the manager: the job never ends, or fails" {
	mkdir systemd; [ "$(id -u)" -ne 0 ] || chmod 777 . systemd
	fake slow
	ask 500
	[ "$status" -eq 125 ]
	[[ $output == *"the scope did not start in time" ]]
	fake failed
	ask 2000
	[ "$status" -eq 125 ]
	[[ $output == *"starting the scope: failed" ]]
}

@test "the manager: is not there" {
	[ -x "${FAKE_MANAGER:-}" ] || skip "there is no hutch-scope (libsystemd)"
	need_user
	[ ! -e "/run/user/$(as_user id -u)/systemd/private" ] || skip "there is a real one"
	ask 500
	[ "$status" -eq 125 ]
	[[ ${lines[0]} == "error no user manager of systemd answers: "* ]]
	[[ ${lines[1]} == "remedy "*"enable-linger"* ]]
}

@test "the manager: properties that it does not know are left out, and told" {
	need_group
	mkdir systemd; chmod 777 . systemd
	start_in "$GROUP/start" "$FAKE_MANAGER" "$T/systemd/private" unknown TasksMax "$GROUP" >"$T/told" 2>&1 3>&- &
	echo $! >>"$T/pids"
	until [ -S systemd/private ]; do sleep 0.02; done
	start_sleeper
	run -0 start_in "$GROUP/start" env XDG_RUNTIME_DIR="$T" "$SCOPE" "$T/hutch-scope" "$target" 3000 1
	[[ ${lines[0]} == "note systemd's user manager does not know TasksMax; the scope has none" ]]
	[[ ${lines[1]} == "scope $GROUP/hutch-"*.scope ]]
	[ "$(grep -c TasksMax told)" -eq 1 ]
	[ "$(grep -c Slice told)" -eq 2 ]
	grep -qx "$target" "${lines[1]#scope }/sup/cgroup.procs"

	# The scope is alive: the next one goes in.
	first=$target scope=${lines[1]}
	start_sleeper
	run -0 start_in "$GROUP/start" env XDG_RUNTIME_DIR="$T" "$SCOPE" "$T/hutch-scope" "$target" 3000 1
	[ "$output" = "$scope" ]
	grep -qx attach told
	grep -qx "$target" "${scope#scope }/sup/cgroup.procs"

	# And when both are gone, its keeper goes, too.
	kill -KILL "$first" "$target"
	for _ in $(seq 100); do
		[ -e hutch-scope ] || break
		sleep 0.1
	done
	[ ! -e hutch-scope ]
	[ ! -s "${scope#scope }/sup/cgroup.procs" ]
}

@test "the manager: tells of a job's end before it names the job; has the first name already; names no property" {
	need_group
	chmod 777 .
	for behaviour in early exists unnamed; do
		rm -rf systemd hutch-scope
		mkdir systemd; chmod 777 systemd
		start_in "$GROUP/start" "$FAKE_MANAGER" "$T/systemd/private" "$behaviour" "$GROUP" >"$T/told" 2>&1 3>&- &
		echo $! >>"$T/pids"
		until [ -S systemd/private ]; do sleep 0.02; done
		start_sleeper
		run -0 start_in "$GROUP/start" env XDG_RUNTIME_DIR="$T" "$SCOPE" "$T/hutch-scope" "$target" 3000 1
		[[ $output == *"scope $GROUP/hutch-"*.scope ]]
	done
}
