#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How a run ends, and as whom and where a program runs. What an attacker makes of all that is in tests/escape.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	cd "$T"
}

teardown() {
	cd /
	chmod -R u+rwX "$T" 2>/dev/null || true
	[ -z "$T" ] || rm -rf "$T"
}

# status COMMAND…: its exit status, nothing else
status() {
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo "$status"
}

# within SECONDS COMMAND…: it comes true in that time
within() {
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@" 2>/dev/null; do
		[ $(($(date +%s%N) / 1000000)) -lt "$end" ] || { echo "not in time: $*"; return 1; }
		sleep 0.01
	done
}

need_range() {
	grep -q "^$(id -un):" /etc/subuid 2>/dev/null && grep -q "^$(id -un):" /etc/subgid || skip "no range of ids here"
	command -v newuidmap >/dev/null || skip "there is no newuidmap"
}

@test "--raise-signal: the caller sees the signal, for every deadly one" {
	run -0 python3 - "$HUTCH" <<-'END'
		import signal, subprocess, sys
		spared = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCHLD, signal.SIGCONT,
		          signal.SIGURG, signal.SIGWINCH}
		for number in range(1, 65):
		    if number in spared or number in (32, 33):
		        continue
		    program = ['sh', '-c', f'kill -{number} $$']
		    ended = subprocess.run([sys.argv[1], 'run', '--raise-signal', *program]).returncode
		    assert ended == -number, (number, ended)
		    ended = subprocess.run([sys.argv[1], 'run', *program]).returncode
		    assert ended == 128 + number, (number, ended)
		ended = subprocess.run([sys.argv[1], 'run', '--raise-signal', 'sh', '-c', 'exit 143']).returncode
		assert ended == 143, ended
	END
}

@test "time limits: 124, soon, also for a program that ignores the signals" {
	start=$(date +%s%N)
	[ "$(status "$HUTCH" run --wall 200ms sleep 9)" -eq 124 ]
	[ "$(status "$HUTCH" run --wall 200ms sh -c 'trap "" TERM XCPU; while :; do sleep 1; done')" -eq 124 ]
	[ "$(status "$HUTCH" run --time 1s sh -c 'while :; do :; done')" -eq 124 ]
	[ $((($(date +%s%N) - start) / 1000000)) -lt 6000 ]
	[ "$(status "$HUTCH" run --wall 9s sh -c 'exit 3')" -eq 3 ]
	[ "$(status "$HUTCH" run --time 9s sh -c 'exit 3')" -eq 3 ]
	# A signal of the same number that is not the limit's
	[ "$(status "$HUTCH" run --wall 9s sh -c 'kill -TERM $$')" -eq 143 ]
}

@test "--time ends a program that ignores SIGXCPU" {
	run timeout 20 "$HUTCH" run --time 1s sh -c 'trap "" XCPU; while :; do :; done'
	[ "$status" -eq 124 ]
}

@test "125, 126 and 127, each with a message and nothing on standard output" {
	printf 'no program' >text
	printf '#!/nothing/here\n' >script
	printf '\177ELF but not really' >broken
	chmod +x script broken
	mkdir directory
	check() {
		local expected=$1
		shift
		run "-$expected" --separate-stderr "$HUTCH" run "$@"
		echo "$*: $status $stderr"
		[ "$status" -eq "$expected" ]
		[ -z "$output" ]
		[[ "$stderr" == "hutch: "* ]]
	}
	check 127 ./absent
	check 127 no-program-of-this-name
	check 127 ''
	check 127 ./text/below-a-file
	check 126 ./text
	[[ "$stderr" == *"try: make it executable (chmod +x ./text)"* ]]
	check 126 ./directory
	check 126 ./script
	check 126 ./broken
	[[ "$stderr" == *"try: it is no program of this machine's"* ]]
	check 125 --no-such-option true
	check 125 --ro ./absent true
	check 125 --chdir /usr/nowhere true
	check 125
	check 125 --fd 77 true
	run --separate-stderr "$HUTCH" run true
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
}

@test "signals reach the program" {
	cat >catcher <<-'END'
		#!/bin/bash
		for signal in TERM INT HUP USR1 USR2 QUIT ALRM WINCH RTMIN; do
			trap "echo $signal >>caught" "$signal"
		done
		echo ready >caught
		while ! grep -q USR1 caught; do sleep 0.01; done
		exit 7
	END
	chmod +x catcher
	"$HUTCH" run --rw . ./catcher 3>&- &
	pid=$!
	within 5 test -s caught
	for signal in TERM INT HUP QUIT USR2 ALRM RTMIN USR1; do
		kill -"$signal" "$pid"
		within 5 grep -q "$signal" caught
	done
	ended=0
	wait "$pid" || ended=$?
	[ "$ended" -eq 7 ]
	[ "$(sort caught | tr '\n' ' ')" = "$(printf '%s\n' ALRM HUP INT QUIT RTMIN TERM USR1 USR2 ready | sort | tr '\n' ' ')" ]
}

@test "everything is dead 200 ms after the launcher was killed, daemons included" {
	[ -x /usr/bin/python3 ] || skip "no python3 here"
	cat >daemon.py <<-'END'
		import os, signal, sys, time
		for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
		    signal.signal(number, signal.SIG_IGN)
		if os.fork() == 0:
		    os.setsid()
		    if os.fork() == 0:
		        # The lock is held for as long as it lives
		        import fcntl
		        lock = open('lock', 'w')
		        fcntl.flock(lock, fcntl.LOCK_EX)
		        open('ready', 'w').close()
		        time.sleep(60)
		    os._exit(0)
		time.sleep(60)
	END
	for i in 1 2 3 4 5; do
		rm -f ready
		"$HUTCH" run --rw . --ro .absent -- /usr/bin/python3 daemon.py 3>&- &
		pid=$!
		within 10 test -e ready
		! flock -n lock true || false
		kill -KILL "$pid"
		flock -w 0.2 lock true
		wait "$pid" 2>/dev/null || true
	done
	within 2 sh -c '! pgrep -f "$0/daemon.py"' "$T"
}

@test "a report that cannot be written: 125 and a message, but not instead of the program" {
	[ -w /dev/full ] || skip "there is no /dev/full"
	run --separate-stderr "$HUTCH" run --report /dev/full sh -c 'echo ran'
	[ "$status" -eq 125 ]
	[ "$output" = ran ]
	[[ "$stderr" == *"/dev/full"*"No space left on device"* ]]
	run --separate-stderr "$HUTCH" run --report fd:5 sh -c 'echo ran' 5>/dev/full
	[ "$status" -eq 125 ]
	[[ "$stderr" == *"No space left on device"* ]]
	run "$HUTCH" run --report fd:9 true
	[ "$status" -eq 125 ]
	run "$HUTCH" run --report ./absent/report true
	[ "$status" -eq 125 ]
	# No room for the program's own output is the program's affair.
	run sh -c '"$0" run sh -c "echo x 2>/dev/null || exit 5" >/dev/full' "$HUTCH"
	[ "$status" -eq 5 ]
}

@test "a report through a descriptor, as JSON and as key:value lines" {
	"$HUTCH" run --report fd:5 sh -c 'exit 3' 5>report || [ $? -eq 3 ]
	python3 -c 'import json, sys; json.load(open("report"))'
	"$HUTCH" run --report fd:5 --report-format meta sh -c 'exit 3' 5>meta || [ $? -eq 3 ]
	grep -qx 'exitcode:3' meta
	! grep -qv '^[a-z-]*:' meta
}

@test "a caller who may have no core files: the program may have none either" {
	run -0 bash -c 'ulimit -c 0; "$@"' bash "$HUTCH" run bash -c 'ulimit -Sc; ulimit -Hc'
	[ "$output" = $'0\n0' ]
}

@test "limits by name, each of them" {
	for limit in as:-v:1048576K core:-c:0 cpu:-t:77 data:-d:1048576K fsize:-f:8M locks:-x:7 memlock:-l:8K nofile:-n:33 \
		nproc:-u:1000 sigpending:-i:9 stack:-s:4M msgqueue:-q:1024 rtprio:-r:0 nice:-e:0; do
		IFS=: read -r name flag value <<<"$limit"
		run -0 "$HUTCH" run --rlimit "$name=$value" bash -c "ulimit -S $flag; ulimit -H $flag"
		case $value in
		*M) expected=$((${value%M} * 1024)) ;;
		*K) expected=${value%K} ;;
		*) expected=$value ;;
		esac
		[ "$output" = "$expected"$'\n'"$expected" ] || { echo "$limit: $output"; false; }
	done
	run -0 "$HUTCH" run --rlimit nofile=20:30 bash -c 'ulimit -Sn; ulimit -Hn'
	[ "$output" = $'20\n30' ]
	for wrong in nofil=3 nofile nofile=-1 nofile=x nofile=3:2 =3; do
		run "$HUTCH" run --rlimit "$wrong" true
		[ "$status" -eq 125 ]
		[[ "$output" == "hutch: "* ]]
	done
}

@test "the host name is its own" {
	run -0 "$HUTCH" run uname -n
	[ "$output" = hutch ]
	run -0 "$HUTCH" run --hostname elsewhere.example uname -n
	[ "$output" = elsewhere.example ]
	run "$HUTCH" run --hostname "$(printf '%065d' 0)" true
	[ "$status" -eq 125 ]
}

@test "a working directory whose parents may only be searched" {
	mkdir -p closed/work
	echo text >closed/work/file
	chmod 0711 closed
	cd closed/work
	[ "$("$HUTCH" run cat file)" = text ]
	[ "$("$HUTCH" run --cwd ro cat file)" = text ]
	"$HUTCH" run --rw . touch made
	[ -e made ]
	# As that of another user looks: not even its owner lists it
	chmod 0311 "$T/closed"
	"$HUTCH" run --rw . touch again
	[ -e again ]
	[ "$("$HUTCH" run --ro . pwd)" = "$T/closed/work" ]
}

@test "a runtime directory of somebody else's is no reason" {
	for directory in / /root /tmp /proc /nonexistent relative '' "$T/file"; do
		run env XDG_RUNTIME_DIR="$directory" "$HUTCH" run sh -c 'echo ran'
		[[ "$output" == ran || ( "$status" -eq 125 && "$output" == "hutch: "*XDG_RUNTIME_DIR* ) ]] ||
			{ echo "$directory: $status $output"; false; }
	done
}

@test "sandboxes inside are refused, and work where they are allowed" {
	run "$HUTCH" run unshare -Ur true
	[ "$status" -ne 0 ]
	run "$HUTCH" run unshare -U true
	[ "$status" -ne 0 ]
	run "$HUTCH" run --seccomp none unshare -Ur true
	[ "$status" -ne 0 ]
	# user_namespaces(7): mapping the parent's id 0 takes CAP_SETFCAP there
	[ "$(id -u)" -ne 0 ] || skip "as id 0 without capabilities nobody can"
	printf '[profile]\nnested = yes\n' >nested.profile
	run -0 "$HUTCH" run --profile ./nested.profile unshare -Urm sh -c 'mount -t tmpfs x /tmp && id -u'
	[ "$output" = 0 ]
	command -v bwrap >/dev/null || skip "no bwrap (the rest has passed)"
	run -0 "$HUTCH" run --profile ./nested.profile bwrap --unshare-all --ro-bind / / --dev /dev --tmpfs /tmp \
		sh -c 'echo in; touch /usr/x 2>/dev/null || echo read-only'
	[ "$output" = $'in\nread-only' ]
}

@test "hutch runs in hutch where that is allowed" {
	# user_namespaces(7): mapping the parent's id 0 takes CAP_SETFCAP there
	[ "$(id -u)" -ne 0 ] || skip "as id 0 without capabilities nobody can"
	run -0 "$HUTCH" run --nested --ro "$SOURCE" --ro "$(dirname "$HUTCH")" "$HUTCH" run sh -c 'echo inner; echo /proc/[0-9]*'
	[[ "${lines[0]}" == inner ]]
}

@test "ids: self, root, any number" {
	[ "$("$HUTCH" run id -u)" = "$(id -u)" ]
	[ "$("$HUTCH" run id -g)" = "$(id -g)" ]
	[ "$("$HUTCH" run --uid root sh -c 'id -u; id -g' | tr '\n' ' ')" = "0 0 " ]
	for id in 0 1 65534 1000000000 4294967294; do
		[ "$("$HUTCH" run --uid "$id" --gid "$id" sh -c 'id -u; id -g' | tr '\n' ' ')" = "$id $id " ]
	done
	# What it makes outside is the caller's
	"$HUTCH" run --uid root --rw . touch made
	[ "$(stat -c %u made)" = "$(id -u)" ]
	# And root inside is nobody of power
	run "$HUTCH" run --uid root sh -c 'mount -t tmpfs x /tmp 2>/dev/null || echo refused'
	[ "$output" = refused ]
}

@test "--uid root: what takes other ids is answered with success and not done" {
	run -0 "$HUTCH" run --uid root sh -c '
		touch /tmp/a && chown 5:6 /tmp/a && chown -h 5 /tmp/a && stat -c %u:%g /tmp/a
		mknod /tmp/null c 1 3 && [ ! -e /tmp/null ] && mkfifo /tmp/pipe && [ -p /tmp/pipe ] && echo made
		python3 -c "import os; os.setgroups([7]); os.setresgid(7, 7, 7); os.setresuid(7, 7, 7); print(os.getuid())"'
	[ "$output" = $'0:0\nmade\n0' ]
	# other ids are told the truth
	run "$HUTCH" run sh -c 'touch /tmp/a && chown 5:6 /tmp/a'
	[ "$status" -ne 0 ]
	# neither denied nor told of
	run -0 "$HUTCH" run --log-denied --uid root sh -c 'touch /tmp/a && chown 5 /tmp/a'
	[ -z "$output" ]
	# with the other layers as they are
	run "$HUTCH" run --uid root sh -c 'grep -E "^Cap|NoNewPrivs|^Seccomp:" /proc/self/status | tr -d "\t\n"'
	[[ "$output" =~ CapInh:0+CapPrm:0+CapEff:0+CapBnd:0+CapAmb:0+NoNewPrivs:1Seccomp:2 ]]
}

@test "--uid range: root over its ids, and over nothing else" {
	need_range
	run -0 "$HUTCH" run --uid range sh -c '
		touch /tmp/a && chown 5:6 /tmp/a && stat -c %u:%g /tmp/a
		setpriv --reuid 7 --regid 8 --groups 9 sh -c "id -u; id -G; grep CapEff /proc/self/status"
		mount -t tmpfs x /tmp 2>/dev/null || mknod /tmp/null c 1 3 2>/dev/null || hostname x 2>/dev/null || echo refused'
	[ "$output" = $'5:6\n7\n8 9\nCapEff:\t0000000000000000\nrefused' ]
}

@test "--uid range: all ids of the range are there" {
	need_range
	run -0 "$HUTCH" run --uid range sh -c 'id -u; cat /proc/self/uid_map'
	[[ "${lines[0]}" == 0 && "$output" == *" 65535"* ]]
	run -0 "$HUTCH" run --uid range --ro /etc/hostname stat -c %u /etc/hostname
	[ "$output" = 65534 ]
}

@test "--uid range without a range: 125, and what to do" {
	[ "$(id -u)" -ne 0 ] || skip "root has its own ways"
	# As a user of another name, which has no line of its own; only the id is looked up then
	grep -q "^$(id -u):" /etc/subuid && skip "the id itself has a range"
	run env USER=nobody-of-this-name "$HUTCH" run --uid range true
	[ "$status" -eq 125 ]
	[[ "$output" == "hutch: --uid range: "*"try: as root: usermod --add-subuids"* ]]
	# Privileged helpers do not work: no silent fall-back
	need_range
	run setpriv --no-new-privs "$HUTCH" run --uid range sh -c 'echo started'
	[ "$status" -eq 125 ]
	[[ "$output" == *"--uid range: "*"newuidmap"* ]]
	[[ "$output" != *started* ]]
}

@test "a limit that the kernel refuses is left to a filter only where that forbids the same" {
	covered=(unshare --user --map-current-user --keep-caps --mount sh -c '
		mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys || exit 77
		exec setpriv --ambient-caps=-all --inh-caps=-all "$@"' sh)
	"${covered[@]}" true || skip "no /proc/sys to cover here"
	"${covered[@]}" "$HUTCH" run true
	run -125 "${covered[@]}" "$HUTCH" run --seccomp none true
	[[ "$output" == *"forbidding new user namespaces: Read-only file system"*--nested* ]]
	"${covered[@]}" "$HUTCH" run --seccomp none --nested true
}

@test "redirected descriptors can be opened again by name, for what they were opened for" {
	"$HUTCH" run sh -c 'echo out >/dev/stdout' >out
	[ "$(cat out)" = out ]
	[ "$("$HUTCH" run cat /dev/stdin <out)" = out ]
	run "$HUTCH" run sh -c 'echo x >/dev/stdin' <out
	[[ "$output" == *"ermission denied"* ]]
	"$HUTCH" run --fd 5 sh -c 'echo five >/proc/self/fd/5' 5>five
	[ "$(cat five)" = five ]
	# what can only be appended to stays so
	run sh -c '"$0" run sh -c "echo x >/dev/stderr" 2>>out' "$HUTCH"
	[ "$(head -n 1 out)" = out ]
}
