#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One more program in a running sandbox: as confined as the first, as much the caller's as with run, and not to be tricked.
# What an attacker makes of it is in tests/escape/run --exec.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	cd "$T"
	mkdir -m 0700 "$T/runtime"
	export XDG_RUNTIME_DIR=$T/runtime
	registry=$XDG_RUNTIME_DIR/hutch
}

teardown() {
	cd /
	[ -z "$T" ] || [ ! -d "$registry" ] || "$HUTCH" ps --names | xargs -r "$HUTCH" stop --grace none
	[ -z "$T" ] || rm -rf "$T"
}

within() {
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $(($(date +%s%N) / 1000000)) -lt "$end" ] || { echo "not in time: $*"; return 1; }
		sleep 0.01
	done
}

# begin NAME [OPTION…] -- COMMAND…: a sandbox in the background; $pid is its launcher
begin() {
	local name=$1
	shift
	"$HUTCH" run --name "$name" "$@" >"$name.out" 2>&1 3>&- &
	pid=$!
	within 5 "$HUTCH" exec "$name" true
}

init_of() {
	"$HUTCH" ps --json | python3 -c 'import json, sys
print([i["init"] for i in json.load(sys.stdin) if i["name"] == sys.argv[1]][0])' "$1"
}

@test "status, signals, input and output are as with run" {
	begin box -- sleep 1000
	run -5 "$HUTCH" exec box sh -c 'exit 5'
	run -137 "$HUTCH" exec box sh -c 'kill -9 $$'
	run -0 bash -c 'echo in | "$0" exec box -- sh -c "cat; echo err >&2" 2>err' "$HUTCH"
	[ "$output" = in ]
	[ "$(cat err)" = err ]
	run -127 "$HUTCH" exec box no-such-program
	[ "${lines[0]}" = "hutch: no-such-program: in the sandbox: No such file or directory" ]
	run -127 "$HUTCH" exec box /no/such/program
	run -126 "$HUTCH" exec box /etc/passwd
	run -125 "$HUTCH" exec box
	run -125 "$HUTCH" exec nobox true
	run -125 "$HUTCH" exec
	"$HUTCH" exec box sh -c 'trap "exit 9" TERM; touch /tmp/ready; while :; do sleep 0.01; done' 3>&- &
	caller=$!
	within 5 "$HUTCH" exec box test -e /tmp/ready
	kill -TERM "$caller"
	status=0
	wait "$caller" || status=$?
	[ "$status" -eq 9 ]
}

@test "a signal that ends it outright, and its caller's own death" {
	begin box -- sleep 1000
	word=$((RANDOM + 100000)).$$
	"$HUTCH" exec box sleep "$word" 3>&- &
	caller=$!
	within 5 pgrep -f "^sleep $word"
	kill -KILL "$caller"
	within 1 eval '! pgrep -f "^sleep $word"'
	run -0 "$HUTCH" exec box true
	"$HUTCH" exec box sleep "$word" 3>&- &
	caller=$!
	within 5 pgrep -f "^sleep $word"
	"$HUTCH" stop box
	status=0
	wait "$caller" || status=$?
	[ "$status" -eq 137 ]
	! pgrep -f "^sleep $word" || false
	! pgrep -f hutch-exec -u "$(id -u)" -a | grep "$word"
}

@test "what stands by the program is gone: so is the program, and that is said" {
	begin box -- sleep 1000
	word=$((RANDOM + 100000)).$$
	"$HUTCH" exec box sleep "$word" 3>&- 2>said &
	caller=$!
	within 5 pgrep -f "^sleep $word"
	kill -KILL "$(ps -o ppid= -p "$(pgrep -f "^sleep $word")")"
	status=0
	wait "$caller" || status=$?
	[ "$status" -eq 137 ]
	[ "$(cat said)" = "hutch: box: what stood by the program in the sandbox is gone, and the program with it" ]
	within 1 eval '! pgrep -f "^sleep $word"'
	run -0 "$HUTCH" exec box true
}

@test "every layer is the first program's" {
	begin box --rlimit nofile=123 --env FIRST=1 --hostname inside -- sh -c 'umask 027; cat /proc/self/status; sleep 1000'
	within 5 grep -q Seccomp_filters box.out
	# the program's own umask is not that of the sandbox; that of its start is
	show='cat /proc/self/status; ulimit -n; echo $FIRST; hostname; for i in user mnt net ipc uts pid cgroup; do readlink /proc/self/ns/$i; readlink /proc/2/ns/$i || true; done'
	run -0 "$HUTCH" exec box sh -c "$show"
	for line in Uid Gid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp; do
		[ "$(grep "^$line:" box.out)" = "$(grep "^$line:" <<<"$output")" ] || { echo "$line differs"; false; }
	done
	# It begins in the launcher, whose own filter it keeps.
	filters=$(sed -n 's/^Seccomp_filters:\t//p' box.out)
	[[ "$output" == *"Seccomp_filters:"$'\t'$((filters + 1))* ]]
	[[ "$output" == *"CapBnd:"*0000000000000000* ]]
	[[ "$output" == *$'\n123\n1\ninside\n'* ]]
	[ "$("$HUTCH" exec box sh -c umask)" = "$("$HUTCH" run sh -c umask)" ]
	# the same namespaces, told by their numbers from inside of both
	"$HUTCH" stop box
	begin two -- sh -c 'for i in user mnt net ipc uts pid cgroup; do readlink /proc/self/ns/$i; done; sleep 1000'
	run -0 "$HUTCH" exec two sh -c 'for i in user mnt net ipc uts pid cgroup; do readlink /proc/self/ns/$i; done'
	[ "$output" = "$(cat two.out)" ]
	run -0 "$HUTCH" exec two sh -c 'ls /proc/self/fd | wc -l'
	[ "$output" = 4 ]
}

@test "environment, working directory and what the caller has open" {
	begin box --env A=1 --env B=2 -- sleep 1000
	run -0 env SECRET=x "$HUTCH" exec --env B=3 --env C=4 box env
	[[ "$output" == *A=1* && "$output" == *B=3* && "$output" == *C=4* && "$output" != *SECRET* ]]
	run -0 "$HUTCH" exec --chdir /usr box pwd
	[ "$output" = /usr ]
	run -125 "$HUTCH" exec --chdir /no/where box pwd
	run -125 "$HUTCH" exec --chdir usr box pwd
	run -125 "$HUTCH" exec --tty share box true
	run -125 bash -c '"$0" exec box true </' "$HUTCH"
	[[ "$output" == *"an open directory would lead out"* ]]
	exec 7</etc/passwd
	run -0 "$HUTCH" exec box sh -c '[ ! -e /proc/self/fd/7 ]'
	exec 7<&-
	# many, and long ones
	run -0 "$HUTCH" exec box sh -c 'echo $#; echo "$1" | wc -c' - "$(printf 'x%.0s' {1..100000})" {1..2000}
	[ "${lines[0]}" = 2001 ]
	[ "${lines[1]}" = 100001 ]
}

@test "with ids of a range, as root, with the host's network, nested" {
	printf '[profile]\nnested = yes\n' >nested.profile
	for options in "--uid root" "--uid range" "--net host" "--profile $T/nested.profile"; do
		if [ "$options" = "--uid range" ]; then
			grep -q "^$(id -un):" /etc/subuid 2>/dev/null || continue
		fi
		begin box $options -- sh -c 'cat /proc/self/status; readlink /proc/self/ns/user; sleep 1000'
		run -0 "$HUTCH" exec box sh -c 'cat /proc/self/status; readlink /proc/self/ns/user'
		[ "$(grep -E '^(Uid|Gid|Groups|Cap|user)' box.out)" = "$(grep -E '^(Uid|Gid|Groups|Cap|user)' <<<"$output")" ]
		"$HUTCH" stop box
	done
	# A program that went on into a user namespace of its own is not followed there
	begin box --profile "$T/nested.profile" -- unshare --user sh -c 'sleep 1000'
	sleep 0.1
	[ "$("$HUTCH" exec box cat /proc/self/uid_map | tr -s ' ')" = "$("$HUTCH" run --profile "$T/nested.profile" cat /proc/self/uid_map | tr -s ' ')" ]
}

@test "a terminal of its own: sizes, keys, job control, hang-up" {
	[ -e /dev/ptmx ] || skip "no terminals here"
	begin box --rw "$T" --ro "$SOURCE" -- sleep 1000
	run python3 "$SOURCE/tests/unit/test_terminal.py" "$HUTCH" exec box
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "an instance that is stopped, ends, or whose pid 1 is dead" {
	begin box -- sleep 1000
	kill -STOP "$pid"
	run -125 timeout 10 "$HUTCH" exec box true
	[[ "${lines[0]}" == "hutch: box: it is stopped" ]]
	kill -CONT "$pid"
	run -0 "$HUTCH" exec box true
	init=$(init_of box)
	kill -KILL "$init"
	run -125 "$HUTCH" exec box true
	within 2 eval '! kill -0 "$pid"'
	# pid 1 stopped by force: no answer is no program
	begin box -- sleep 1000
	init=$(init_of box)
	kill -STOP "$init"
	run -125 timeout 20 "$HUTCH" exec box true
	[[ "${lines[0]}" == "hutch: box: it is paused" ]]
	kill -CONT "$init"
	# many come as it ends: each gets its program or a clear no
	for i in {1..30}; do
		(set +e; "$HUTCH" exec box sh -c 'exit 3' 2>>errors; echo $? >>ended) 3>&- &
		[ "$i" -ne 15 ] || "$HUTCH" stop --grace none box 3>&- &
	done
	wait
	[ "$(wc -l <ended)" -eq 30 ]
	sort ended errors | uniq -c
	! grep -vxE '3|125|137' ended || false
	! grep -v -e "no sandbox of that name" -e "hutch ps lists" -e "it has just ended" -e "namespaces can't be had" \
		-e "it ends just now" -e "killed while" -e "forking" -e "self/ns" -e "taking the" errors
}

@test "forged entries of the registry: not a launcher, another's, one that lies" {
	begin box -- sleep 1000
	mkdir "$registry/forged" "$registry/silent"
	/usr/bin/python3 - "$registry" 3>&- <<-'END' &
		import fcntl, os, socket, sys, time
		keep = []
		for name in ("forged", "silent"):
		    place = os.path.join(sys.argv[1], name)
		    lock = os.open(place, os.O_RDONLY)
		    fcntl.flock(lock, fcntl.LOCK_EX)
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.bind(place + "/control")
		    s.listen(8)
		    keep += [lock, s]
		end = time.time() + 30
		keep[1].settimeout(30)
		while time.time() < end:
		    try:
		        c, _ = keep[1].accept()
		        c.recv(65536)
		        c.send(os.urandom(50))
		    except OSError:
		        pass
	END
	forger=$!
	within 5 test -S "$registry/silent/control"
	run -125 "$HUTCH" exec forged true
	[[ "${lines[0]}" == "hutch: forged: it was started by another version of hutch" ]]
	run -0 "$HUTCH" ps
	[[ "$output" == *box* ]]
	kill "$forger"
	# A link to another instance is not followed, nor is a file
	ln -s box "$registry/link"
	run -125 "$HUTCH" exec link true
	run -125 "$HUTCH" exec ../hutch/box true
	# One made inside of a sandbox, by who could write there, is no launcher
	mkdir -m 0700 open
	run -0 "$HUTCH" run --rw "$T/open" /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])' "$T/open/control"
	[ -S open/control ]
}

@test "a listener inside of a sandbox is no launcher" {
	mkdir -m 0700 open
	"$HUTCH" run --rw "$T/open" /usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen(8)
time.sleep(100)' "$T/open/control" 3>&- &
	pid=$!
	within 5 test -S open/control
	mkdir "$registry/trap"
	ln open/control "$registry/trap/control"
	exec 8<"$registry/trap"
	flock 8
	run -125 timeout 20 "$HUTCH" exec trap true
	[[ "${lines[0]}" == "hutch: trap: who listens there is no launcher of yours" ]]
	kill -TERM "$pid"
}

@test "many at once, and none is left over" {
	begin box -- sleep 1000
	seq 100 | xargs -P 8 -I N sh -c '"$0" exec box sh -c "exit N"; [ $? = N ] || echo "N failed"' "$HUTCH" >log 2>&1
	[ ! -s log ] || { cat log; false; }
	run -0 pgrep -c -P "$pid"
	[ "$output" -eq 1 ] # pid 1 alone
}
