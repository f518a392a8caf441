#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# From start to end: nobody survives, nobody forges how it ended, signals arrive as they should.

load launch

@test "E37: a daemon does not outlive the sandbox" {
	word=$(unique)
	run -7 hutch run -- sh -c "setsid sh -c 'sleep $word & sleep $word' >/dev/null 2>&1 </dev/null & sleep 0.05; exit 7"
	gone "sleep $word"
}

@test "E37: a daemon that ignores all signals does not, either" {
	word=$(unique)
	run -0 hutch run -- sh -c "trap '' HUP INT TERM QUIT; setsid sleep $word >/dev/null 2>&1 & sleep 0.05"
	gone "sleep $word"
}

@test "E38: all are dead soon after the launcher was killed" {
	word=$(unique)
	for ((i = 0; i < RACES / 4; i++)); do
		"$HUTCH" run -- sh -c "setsid sleep $word & sleep $word" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
		kill -KILL "$pid"
		wait "$pid" || true
	done 2>/dev/null
	gone "$word"
}

@test "E38: a launcher that is terminated takes all with it" {
	word=$(unique)
	for signal in TERM INT HUP QUIT; do
		"$HUTCH" run -- sleep "$word" 3>&- &
		pid=$!
		for i in {1..100}; do
			alive "^sleep $word" && break
			sleep 0.01
		done
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[[ $status != 0 && $status != 125 ]]
		gone "sleep $word"
	done
}

@test "E41: all 256 exit statuses arrive" {
	ends_with() {
		local status=0
		"$HUTCH" run -- sh -c "exit $1" || status=$?
		echo "$1 $status"
	}
	many 256 ends_with >statuses
	[ "$(sort -n statuses)" = "$(for n in {0..255}; do echo "$n $n"; done)" ]
}

@test "E41: every deadly signal arrives as 128 and its number" {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 24 25 26 27 29 30 31 34 50 64; do
		status=0
		"$HUTCH" run -- sh -c "kill -$n \$\$" 2>/dev/null || status=$?
		[[ $status == $((128 + n)) ]] || { echo "signal $n gave $status"; false; }
	done
}

@test "E40: killing everything inside does not change the status of the first" {
	run hutch run -- sh -c '[ $$ -lt 50 ] || exit 99; (sleep 0.1; kill -9 -1) & exec sleep 0.05'
	[[ $status == 0 ]]
	run hutch run -- bash -c '[ $$ -lt 50 ] || exit 99; kill -9 -1; exit 42'
	[[ $status == 42 ]]
}

@test "E41: a fork bomb ends with the time limit" {
	((EUID)) || skip "the number of root's processes has no limit"
	word=$(unique)
	run hutch run --wall 1s --rlimit nproc=200 -- bash -c "f() { f | f & }; f; exec sleep $word"
	[[ $status == 124 ]]
	gone "sleep $word"
}

@test "E43: ignored and blocked signals of the caller are not the program's" {
	run -0 bash -c 'trap "" CHLD PIPE TERM INT HUP; exec env --block-signal "$0" run -- grep -E "^Sig(Ign|Blk)" /proc/self/status' "$HUTCH"
	[[ $output == *SigBlk:*0000000000000000*SigIgn:*0000000000000000* ]]
}

@test "E43: with SIGCHLD ignored the status arrives" {
	run bash -c 'trap "" CHLD; "$0" run -- sh -c "exit 9"' "$HUTCH"
	[[ $status == 9 ]]
}

@test "E85: many at once do not disturb each other" {
	seq 1 200 | xargs -P 16 -I N sh -c '"$0" run -- sh -c "exit \$((N % 200))"; [ $? = $((N % 200)) ] || echo "N failed"' "$HUTCH" >"$dir/log" 2>&1
	[[ ! -s $dir/log ]] || { cat "$dir/log"; false; }
}

@test "nothing is left in the runtime directory and in /tmp" {
	[[ ${XDG_RUNTIME_DIR-} && -d $XDG_RUNTIME_DIR ]] || skip "no runtime directory"
	mine() { find "$XDG_RUNTIME_DIR" /tmp /dev/shm -xdev -user "$(id -u)" -iname '*hutch*' ! -path "*/hutch-escape.*" 2>/dev/null | grep -v "^$XDG_RUNTIME_DIR/hutch$" | sort; }
	before=$(mine)
	hutch run -- true
	"$HUTCH" run -- sleep 5 3>&- &
	pid=$!
	sleep 0.05
	kill -KILL "$pid"
	wait "$pid" || true
	hutch run -- true
	sleep 0.1
	[[ $(mine) == "$before" ]] || { mine; false; }
}
