#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Running sandboxes: how they are found, what is told of them, how they are ended, and that nothing is left of them.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	cd "$T"
	mkdir -m 0700 "$T/runtime"
	export XDG_RUNTIME_DIR=$T/runtime XDG_STATE_HOME=$T/state
	registry=$XDG_RUNTIME_DIR/hutch
}

teardown() {
	cd /
	[ -z "$T" ] || [ ! -d "$registry" ] || "$HUTCH" ps --names | xargs -r "$HUTCH" stop --grace none
	[ -z "$T" ] || rm -rf "$T"
}

# within SECONDS COMMAND…: it comes true in that time
within() {
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $(($(date +%s%N) / 1000000)) -lt "$end" ] || { echo "not in time: $*"; return 1; }
		sleep 0.01
	done
}

# begin NAME [OPTION…] -- COMMAND…: a named sandbox in the background, once its program runs; $pid is its launcher
begin() {
	local name=$1
	shift
	"$HUTCH" run --name "$name" "$@" >"$name.out" 2>&1 3>&- &
	pid=$!
	within 5 program_runs "$name"
}

program_runs() {
	"$HUTCH" ps --json | python3 -c 'import json, sys
sys.exit(not any(i["name"] == sys.argv[1] and i["processes"] for i in json.load(sys.stdin)))' "$1"
}

# field NAME KEY: what `ps --json` tells of it
field() {
	"$HUTCH" ps --json | python3 -c 'import json, sys
print([i[sys.argv[2]] for i in json.load(sys.stdin) if i["name"] == sys.argv[1]][0])' "$@"
}

is_empty() {
	[ -z "$(ls -A "$registry")" ]
}

@test "ps lists what runs, by name, and nothing else" {
	run -0 "$HUTCH" ps
	[ "${#lines[@]}" -eq 1 ]
	[[ "${lines[0]}" == NAME* ]]
	run -0 "$HUTCH" ps --json
	[ "$output" = "[]" ] || [ "$(tr -d ' \n' <<<"$output")" = "[]" ]
	begin one -- sleep 100
	begin two -- sh -c 'sleep 100 & sleep 100; :'
	within 5 eval '[ "$(field two processes)" = 3 ]'
	run -0 "$HUTCH" ps
	[ "${#lines[@]}" -eq 3 ]
	[[ "${lines[1]}" == "one "*" running "*" default "*"sleep 100" ]]
	[[ "${lines[2]}" == "two "* ]]
	[ "$(field two launcher)" = "$pid" ]
	[ "$(field two state)" = running ]
	run -0 "$HUTCH" ps --names
	[ "$output" = "one"$'\n'"two" ]
	run -125 "$HUTCH" ps one
}

@test "a name is unique, and free again when the sandbox has ended" {
	begin same -- sleep 100
	run -125 "$HUTCH" run --name same true
	[[ "${lines[0]}" == "hutch: --name same: "* ]]
	[[ "${lines[1]}" == "hutch: try: "*"hutch stop same" ]]
	"$HUTCH" stop same
	run -0 "$HUTCH" run --name same true
	run -125 "$HUTCH" run --name ../x true
	run -125 "$HUTCH" run --name "$(printf 'x%.0s' {1..49})" true
}

@test "without a name one is made of the program's" {
	"$HUTCH" run sleep 100 3>&- &
	pid=$!
	within 5 test -e "$registry/sleep-$pid"
	run -0 "$HUTCH" ps --names
	[ "$output" = "sleep-$pid" ]
	"$HUTCH" stop "sleep-$pid"
	is_empty
}

@test "stop: asked first, then not asked; the status is the program's" {
	begin asked -- sh -c 'trap "exit 7" TERM; while :; do sleep 0.01; done'
	run -0 "$HUTCH" stop asked
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 7 ]
	begin deaf -- sh -c 'trap "" TERM; while :; do sleep 0.01; done'
	run -0 "$HUTCH" stop --grace 100ms deaf
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 137 ]
	is_empty
	run -125 "$HUTCH" stop deaf
	[[ "${lines[0]}" == "hutch: deaf: no sandbox of that name is running" ]]
	run -125 "$HUTCH" stop
}

@test "stop: a launcher that is stopped, or answers nothing" {
	begin halted -- sleep 100
	kill -STOP "$pid"
	within 5 eval '[ "$(field halted state)" = stopped ]'
	run -0 timeout 10 "$HUTCH" stop halted
	! kill -0 "$pid" 2>/dev/null || within 1 eval '! kill -0 "$pid"'
	is_empty
}

@test "pause and resume: nothing moves, then it goes on; and what is paused can be stopped" {
	begin box -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/tmp/n; done'
	run -0 "$HUTCH" pause box
	[ "$(field box state)" = paused ]
	before=$(field box cpu_seconds)
	sleep 0.3
	[ "$(field box cpu_seconds)" = "$before" ]
	run -0 "$HUTCH" pause box
	run -125 "$HUTCH" exec box true
	[[ "${lines[1]}" == "hutch: try: hutch resume box" ]]
	run -0 "$HUTCH" resume box
	[ "$(field box state)" = running ]
	within 5 eval '[ "$(field box cpu_seconds)" != "$before" ]'
	run -0 "$HUTCH" pause box
	run -0 timeout 5 "$HUTCH" stop --grace 3s box
	! kill -0 "$pid" 2>/dev/null || false
	run -125 "$HUTCH" pause box
	run -125 "$HUTCH" resume
}

@test "in a cgroup: pause freezes it, exec is in it, and it goes" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make the cgroup to start in"
	groups=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	mkdir "$groups/hutch-bats-$$" 2>/dev/null || skip "no cgroup v2 to write to"
	# The launcher starts inside of it; the rest of the test stays where it is
	begin_inside() { (echo "$BASHPID" >"$groups/hutch-bats-$$/cgroup.procs" && exec "$HUTCH" run --name box --time 100s sleep 1000) >box.out 2>&1 3>&- & }
	begin_inside
	within 5 program_runs box || { cat box.out; rmdir "$groups/hutch-bats-$$"; false; }
	box=$(field box cgroup)
	"$HUTCH" exec box sleep 999 3>&- &
	within 5 eval '[ "$(wc -l <"$box/cgroup.procs")" -eq 4 ]'
	"$HUTCH" pause box
	grep -q "frozen 1" "$box/cgroup.events"
	[ "$(field box state)" = paused ]
	"$HUTCH" stop box
	wait
	[ ! -e "$box" ]
	find "$groups/hutch-bats-$$" -depth -type d -exec rmdir {} +
}

@test "wait: the status of the program, of several the last one's" {
	begin box -- sh -c 'sleep 1; exit 6'
	run -6 "$HUTCH" wait box
	begin one -- sleep 1000
	begin two -- sleep 1000
	# All are asked before the first is waited for, so it makes no difference which one ends first.
	"$HUTCH" wait one two 3>&- &
	waiter=$!
	within 5 eval '[ "$(find "/proc/$waiter/fd" -lname "socket:*" | wc -l)" -ge 2 ]'
	"$HUTCH" stop two
	"$HUTCH" stop one
	status=0
	wait "$waiter" || status=$?
	[ "$status" -eq 143 ]
	run -125 "$HUTCH" wait one
}

@test "info: what is enforced, what it sees, what it uses" {
	begin box --rw "$T:/mnt/here" --rlimit nofile=99 -- sleep 1000
	run -0 "$HUTCH" info box
	for line in 'state *running' 'command *sleep 1000' 'NoNewPrivs *1' 'Seccomp *2' 'CapBnd *0000000000000000' \
		'limits .*nofile' "rw,.* /mnt/here ($T)"; do
		grep -q "$line" <<<"$output" || { echo "no $line: $output"; false; }
	done
	"$HUTCH" info --json box >info
	"$HUTCH" explain --json --rw "$T:/mnt/here" --rlimit nofile=99 -- sleep 1000 >explained
	python3 - <<-'END'
		import json
		told, planned = json.load(open("info")), json.load(open("explained"))
		assert told["enforced"]["Seccomp"] == "2", told["enforced"]
		for key in ("mounts", "namespaces", "limits", "landlock", "environment", "arguments"):
		    assert told["plan"].get(key) == planned.get(key), key
	END
	run -125 "$HUTCH" info nobody
}

@test "top: who uses what, once where there is no terminal" {
	begin busy -- sh -c 'while :; do :; done'
	begin idle -- sleep 1000
	run -0 "$HUTCH" top
	[[ "${lines[1]}" == "busy "* && "${lines[2]}" == "idle "* ]]
	"$HUTCH" top --json | python3 -c 'import json, sys
rows = {i["name"]: i for i in json.load(sys.stdin)}
assert rows["busy"]["processors"] > 0.05 > rows["idle"]["processors"], rows'
	# On a terminal it refreshes in place until it is interrupted
	timeout -s INT 2.5 script -qc "$HUTCH top" /dev/null >screen </dev/null || true
	[ "$(grep -c "busy" screen)" -ge 2 ]
	grep -q $'\033\[H' screen
}

@test "run --detach: the caller goes on when it stands; logs and status are kept" {
	run -0 "$HUTCH" run --detach --name far sh -c 'echo out; echo err >&2; sleep 0.2; echo late; exit 7'
	[ "$output" = far ]
	run -0 timeout 10 "$HUTCH" logs --follow far
	[ "$output" = $'out\nerr\nlate' ]
	run -7 "$HUTCH" wait far
	run -0 "$HUTCH" logs far
	[ "$output" = $'out\nerr\nlate' ]
	# What fails before says so, and with its status
	run -127 "$HUTCH" run --detach no-such-program
	[[ "${lines[0]}" == *no-such-program* ]]
	run -125 "$HUTCH" run --detach --ro /no/where true
	# It holds nothing of the caller's open
	run -0 timeout 5 bash -c 'x=$("$0" run --detach sleep 1000 2>&1); echo "$x"' "$HUTCH"
	name=$output
	[[ "$name" == sleep-* ]]
	run -125 "$HUTCH" run --detach --name "$name" true
	run -0 "$HUTCH" stop "$name"
	run -143 "$HUTCH" wait "$name"
	run -125 "$HUTCH" logs nobody
	is_empty
}

@test "logs are bounded in size, whatever is written" {
	"$HUTCH" run --detach --name loud sh -c 'yes "a line of some length, again and again" | head -c 20000000; echo the end'
	"$HUTCH" wait loud
	within 5 eval '"$HUTCH" logs loud | tail -n 1 | grep -q "the end"'
	size=$("$HUTCH" logs loud | wc -c)
	[ "$size" -le 2100000 ]
	[ "$size" -ge 1000000 ]
}

@test "what a killed launcher leaves is swept by the next command, whichever" {
	for next in "ps" "run true"; do
		begin gone -- sleep 100
		kill -KILL "$pid"
		wait "$pid" || true
		[ -e "$registry/gone" ]
		run -0 "$HUTCH" $next
		[[ "$output" != *gone* ]]
		is_empty
	done
	run -0 "$HUTCH" run --name gone true
}

@test "no runtime directory: one of its own, that nobody else may enter" {
	place=/tmp/hutch-$(id -u)
	[ ! -e "/run/user/$(id -u)" ] || place=/run/user/$(id -u)/hutch
	env -u XDG_RUNTIME_DIR "$HUTCH" run --name "bats-$$" sleep 100 3>&- &
	within 5 test -e "$place/bats-$$"
	[ "$(stat -c %a:%u "$place")" = "700:$(id -u)" ]
	run -0 env -u XDG_RUNTIME_DIR "$HUTCH" stop "bats-$$"
	[ ! -e "$place/bats-$$" ]
}

@test "a registry that others may enter, that is a link, or not there: refused, and a plain run goes on" {
	cases=(
		"mkdir -m 0755 $registry"
		"mkdir -m 0700 $T/elsewhere; ln -s $T/elsewhere $registry"
		"touch $registry"
		"chmod 0500 $XDG_RUNTIME_DIR"
		"export XDG_RUNTIME_DIR=$T/missing"
		"export XDG_RUNTIME_DIR=/"
	)
	[ "$(id -u)" -ne 0 ] || unset "cases[5]" "cases[3]"
	for case in "${cases[@]}"; do
		(
			eval "$case"
			run -0 "$HUTCH" run --report "$T/report" true
			grep -q "not in the list of running sandboxes" "$T/report" || { echo "$case: not noted"; exit 1; }
			run -125 "$HUTCH" run --name x true
			[ "${#lines[@]}" -le 2 ] || { echo "$case: $output"; exit 1; }
		)
		chmod 0700 "$XDG_RUNTIME_DIR"
		rm -rf "$registry" "$T/elsewhere"
	done
}

@test "a sandbox that sees the runtime directory does not see the registry" {
	begin other -- sleep 100
	run -0 "$HUTCH" run --rw "$XDG_RUNTIME_DIR" --ro "$XDG_RUNTIME_DIR:/mnt/x" sh -c '
		ls -A "$1" /mnt/x/hutch; mkdir "$1/new" || true' - "$registry"
	[[ "$output" != *other* ]]
	[ ! -e "$registry/new" ]
}

@test "who is in a sandbox is not answered, even with the socket in its hands" {
	begin target -- sleep 100
	cat >client.py <<-'END'
		import array, os, socket, struct, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect(sys.argv[1])
		namespace = os.open("/proc/self/ns/user", os.O_RDONLY)
		s.sendmsg([struct.pack("IIiI300sIIII", 2, 3, 0, 0, b"", 0, 0, 0, 0)],   # CONTROL_KILL
		          [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [namespace]))])
		print(struct.unpack("Ii", s.recv(4096)[:8])[1])
	END
	# The socket itself is shown under another name, past the cover
	run -0 "$HUTCH" run --ro "$registry/target/control:/mnt/control" --ro client.py /usr/bin/python3 client.py /mnt/control
	[ "$output" = 1 ] # EPERM
	kill -0 "$pid"
	# and from outside the same is done
	run -0 /usr/bin/python3 client.py "$registry/target/control"
	[ "$output" = 0 ]
	within 5 eval '! kill -0 "$pid"'
}

@test "a client that says nothing, or nonsense, or hangs up, disturbs nothing" {
	begin robust -- sh -c 'sleep 100'
	/usr/bin/python3 - "$registry/robust/control" <<-'END'
		import os, socket, sys
		keep = []
		for i in range(100):
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.settimeout(5)
		    try:
		        s.connect(sys.argv[1])
		        if i % 3 == 1:
		            s.send(os.urandom(i * 50 + 1))
		    except OSError:
		        pass
		    if i % 3 != 2:
		        keep.append(s)
	END
	[ "$(field robust state)" = running ]
	"$HUTCH" stop robust
}

@test "200 starts at once: none fails, none is in another's way, nothing is left" {
	seq 200 | xargs -P 16 -I N sh -c '"$0" run sh -c "exit \$((N % 100))"; [ $? = $((N % 100)) ] || echo "N failed"' "$HUTCH" >log 2>&1
	[ ! -s log ] || { cat log; false; }
	is_empty
	# Of those that want the same name, one gets it
	seq 20 | xargs -P 20 -I N sh -c '"$0" run --name one sleep 100; echo $? >>ended' "$HUTCH" >log 2>&1 3>&- &
	within 20 eval '[ "$(grep -c 125 ended)" = 19 ]'
	"$HUTCH" stop one
	wait
	[ "$(sort ended | uniq -c | xargs)" = "19 125 1 143" ]
	is_empty
}

@test "launchers killed at any moment: nobody lives on, nothing is left (HUTCH_KILLS=1000 for many)" {
	word=$((RANDOM + 100000)).$$
	for ((i = 0; i < ${HUTCH_KILLS:-50}; i++)); do
		"$HUTCH" run -- sh -c "setsid sleep $word & sleep $word" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "0.00$((RANDOM % 10))$((RANDOM % 10))"
		kill -KILL "$pid"
		wait "$pid" || true
	done 2>/dev/null
	sleep 0.2
	! pgrep -f -- "sleep $word" >&2 || false
	"$HUTCH" ps >/dev/null
	is_empty
}
