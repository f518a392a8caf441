#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A network that goes wrong, at every end: nothing hangs for ever, nothing falls open, one does not spoil the other.

load network.bash

# connects ADDRESS PORT: prints "yes" or why not; a program for inside
connects() {
	cat >connects.py <<-'PYTHON'
		import socket, sys
		try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 5); print("yes")
		except OSError as e: print(type(e).__name__)
	PYTHON
}

memory_of() {
	# Its maps are nobody's to read; what is its own of the memory is told here, too.
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}

@test "a resolver that is down, silent or slow: an error in time, or the answer" {
	for server in 203.0.113.61 203.0.113.64; do
		SECONDS=0
		run ! net --dns "$server" timeout 40 getent hosts example.org
		[ "$status" -ne 124 ]
		[ "$SECONDS" -lt 40 ]
	done
	run -0 net --dns 203.0.113.62 getent ahostsv4 example.org
	[[ "$output" == *203.0.113.10* ]]
}

@test "several resolvers: the next one is asked" {
	run -0 net --dns 203.0.113.61,203.0.113.53 getent ahostsv4 example.org
	[[ "$output" == *203.0.113.10* ]]
}

@test "a resolver that lies: nothing inside reaches this machine by it" {
	connects
	before=$(wc -l <"$WORLD/host.log")
	for allow in "" "--allow example.org"; do
		run -0 net --dns 203.0.113.63 $allow python3 connects.py example.org 7002
		[ "$output" != yes ]
	done
	[ "$(wc -l <"$WORLD/host.log")" -eq "$before" ]
}

@test "a server that never reads holds up its own connection and no other" {
	run -0 net python3 -c '
import socket, time
stuck = [socket.create_connection(("203.0.113.10", 7102), 5) for _ in range(20)]
for s in stuck:
    s.setblocking(False)
    try:
        while True: s.send(bytes(65536))
    except BlockingIOError: pass
c = socket.create_connection(("203.0.113.10", 7104), 5)
total = 0
while data := c.recv(1 << 20): total += len(data)
print(total)'
	[ "$output" = 67108864 ]
}

@test "a client that never reads: the helper keeps little of it" {
	start net python3 -c '
import socket, time
stuck = [socket.create_connection(("203.0.113.10", 7104), 5) for _ in range(50)]
open("stuck", "w").close(); time.sleep(30)'
	within 10 test -e stuck
	sleep 1
	[ "$(memory_of "$(helper_of "$started")")" -lt 32768 ]
}

@test "a thousand connections at once, and nothing of them is left" {
	cat >many.py <<-'PYTHON'
		import resource, socket
		resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
		all = [socket.create_connection(("203.0.113.10", 7107), 20) for _ in range(1000)]
		for i, c in enumerate(all): c.send(b"%d" % i)
		for i, c in enumerate(all): assert c.recv(100) == b"%d" % i
		print("all")
		import os, time
		open("served", "w").close()
		while not os.path.exists("seen"): time.sleep(0.05)
		for c in all: c.close()
		open("closed", "w").close(); time.sleep(20)
	PYTHON
	[ "$(ulimit -Hn)" -ge 8192 ] || skip "no more than $(ulimit -Hn) descriptors here"
	ulimit -n "$(ulimit -Hn)"
	start net --rlimit nofile=4096 python3 many.py
	within 30 test -e served
	helper=$(helper_of "$started")
	# The helper's descriptors are nobody's to count; its connections to the server are the world's.
	held() { ss -Htn state established state close-wait state fin-wait-2 dst 203.0.113.10:7107 | wc -l; }
	[ "$(held)" -ge 1000 ]
	touch seen
	within 10 test -e closed
	few() { [ "$(held)" -lt 100 ]; }
	within 15 few
	[ "$(memory_of "$helper")" -lt 32768 ]
}

@test "ten thousand connections at once: each is served, in bounded memory" {
	[ -n "${HUTCH_TEST_LONG:-}" ] || skip "HUTCH_TEST_LONG=1 runs it"
	# Two descriptors for each, an eighth of them left for pipes, and 2048 for other things.
	[ "$(ulimit -Hn)" -ge 25000 ] || skip "the hard limit of open files (ulimit -Hn) is $(ulimit -Hn), and 25000 are needed"
	ulimit -n "$(ulimit -Hn)"
	cat >many.py <<-'PYTHON'
		import os, socket, time
		all = [socket.create_connection(("203.0.113.10", 7107), 30) for _ in range(10000)]
		for i, c in enumerate(all): c.send(b"%d" % (i % 10))
		print(sum(c.recv(100) == b"%d" % (i % 10) for i, c in enumerate(all)), flush=True)
		open("served", "w").close()
		while not os.path.exists("measured"): time.sleep(0.05)
	PYTHON
	start net --rlimit nofile=20000 --report report python3 many.py
	within 120 test -e served
	memory=$(memory_of "$(helper_of "$started")")
	touch measured
	wait "$started"
	[ "$(cat out)" = 10000 ]
	[ "$(look 'j["network"]["counters"]["connections"], j["network"]["refused"]' report)" = "(10000, 0)" ]
	echo "# 10000 connections: $memory KiB of the helper's own" >&3
	[ "$memory" -lt 65536 ]
}

@test "connections to where nobody answers, by the thousand: others still get through" {
	connects
	cat >flood.py <<-'PYTHON'
		import resource, socket
		resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
		keep = []
		for i in range(3000):
		    c = socket.socket(); c.setblocking(False); c.connect_ex(("203.0.113.%d" % (100 + i % 100), 1 + i)); keep.append(c)
		import time; time.sleep(1)
		for c in keep: c.close()
		time.sleep(1)
		c = socket.create_connection(("203.0.113.10", 7001), 20); c.send(b"after-the-flood"); print(c.recv(100).decode().strip(), flush=True)
		open("after", "w").close(); time.sleep(20)
	PYTHON
	start net --rlimit nofile=4096 python3 flood.py
	within 60 test -e after
	grep -q "reached 203.0.113.10" out
	[ "$(memory_of "$(helper_of "$started")")" -lt 65536 ]
}

@test "a flood of datagrams: the helper stays small, and TCP works beside it" {
	need_tun
	start net python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.setblocking(False)
end = time.monotonic() + 2
i = 0
while time.monotonic() < end:
    i += 1
    try: u.sendto(bytes(1000), ("203.0.113.%d" % (100 + i % 100), 1 + i % 60000))
    except OSError: pass
c = socket.create_connection(("203.0.113.10", 7001), 20); c.send(b"beside"); print(c.recv(100).decode().strip(), flush=True)
open("after", "w").close(); time.sleep(20)'
	within 60 test -e after
	grep -q "reached 203.0.113.10" out
	[ "$(memory_of "$(helper_of "$started")")" -lt 65536 ]
}

@test "no descriptors left for the helper: new connections fail, then work again" {
	cat >few.py <<-'PYTHON'
		import socket, time
		keep, failed = [], 0
		for i in range(200):
		    try: keep.append(socket.create_connection(("203.0.113.10", 7107), 2))
		    except OSError: failed += 1
		    if failed > 3: break
		for c in keep: c.close()
		time.sleep(1)
		for attempt in range(20):
		    try:
		        c = socket.create_connection(("203.0.113.10", 7107), 5); c.send(b"again"); print(c.recv(100).decode()); break
		    except OSError: time.sleep(0.5)
	PYTHON
	run -0 bash -c 'ulimit -n 96; exec "$0" run --net internet --rw "$1" python3 "$1/few.py"' "$HUTCH" "$T"
	[ "$output" = again ]
}

# What a shortage is to the program inside: opens connections until they are refused and some more, then closes them.
short() {
	cat >short.py <<-'PYTHON'
		import collections, os, socket, time
		def until(path):
		    while not os.path.exists(path): time.sleep(0.02)
		server = socket.create_server(("127.0.0.1", 7999))
		first = [socket.create_connection(("203.0.113.10", 7107), 10) for _ in range(4)]
		open("first", "w").close(); until("lowered")
		keep, refused = [], collections.Counter()
		for i in range(200):
		    try: c = socket.create_connection(("203.0.113.10", 7107), 20); c.send(b"x"); c.recv(100); keep.append(c)
		    except OSError as e: refused[type(e).__name__] += 1
		    if sum(refused.values()) == 10: break
		print(dict(refused))
		open("full", "w").close(); until("tried")
		for c in first + keep: c.send(b"stands"); assert c.recv(100) == b"stands"
		for c in first + keep: c.close()
		while True:
		    try: c = socket.create_connection(("203.0.113.10", 7107), 20); c.send(b"again"); print(c.recv(100).decode()); break
		    except ConnectionError: time.sleep(0.1)
	PYTHON
}

# one_shortage RULE: of the ten refused there was one event, in the report and for -v
one_shortage() {
	cat out; grep "network: " err
	# Refused, or reset where the one descriptor too few was that of the connection inside.
	[[ "$(cat out)" == "{'Connection"Re@(fused|set)"Error': 10}"$'\n'again ]]
	[ "$(grep -c "network: tcp 203.0.113.10:7107 refused: $1; allowed by a higher hard limit of open files (ulimit -Hn)" err)" -eq 1 ]
	# What was dropped beside them are frames of the kernel inside.
	[ "$(look 'j["network"]["refused"], j["network"]["counters"]["refused"], j["network"]["counters"]["dropped"] >= 10' report)" = "(1, 1, True)" ]
}

@test "a low limit of open files: connections beyond it are reset, and one event says so" {
	short
	touch lowered tried
	(ulimit -n 96; exec "$HUTCH" run -v --net internet --report report --rw "$T" python3 short.py >out 2>err)
	one_shortage "no file descriptors left for more than [0-9]* connections at once"
}

@test "no descriptors left while it runs: the same, for connections both ways" {
	need prlimit
	short
	port=$((20000 + RANDOM % 10000))
	# A connection takes two: once there is none left for its first, once for its second.
	for limit in 64 65; do
		rm -f first lowered full tried
		start net -v --report report --publish "$port:7999" python3 short.py
		within 20 test -e first
		prlimit --pid "$(helper_of "$started")" --nofile="$limit"
		touch lowered
		within 60 test -e full
		run -0 python3 -c '
import socket, sys
try: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20).recv(1); print("an end")
except ConnectionResetError: print("reset")' "$port"
		touch tried
		wait "$started"
		[ "$output" = reset ]
		one_shortage "no file descriptors left for connections"
	done
}

@test "a helper that is stopped: the program goes on, and the launcher ends in time" {
	connects
	start net sh -c 'touch runs; until [ -e stopped ]; do sleep 0.05; done; timeout 2 python3 connects.py 203.0.113.10 7001; echo ends'
	within 10 test -e runs
	helper=$(helper_of "$started")
	kill -STOP "$helper"
	touch stopped
	SECONDS=0
	wait "$started"
	[ "$SECONDS" -lt 15 ]
	grep -q ends out
	[ ! -e "/proc/$helper" ]
}

@test "a helper that is killed: no network from then on, one line about it, and nothing falls open" {
	connects
	start net --allow example.org --report report sh -c 'python3 connects.py example.org 7001; touch runs; until [ -e killed ]; do sleep 0.05; done
		sleep 0.2; for to in "example.org 7001" "203.0.113.10 7001" "203.0.113.1 7002" "10.0.2.2 7002"; do timeout 3 python3 connects.py $to || echo no; done'
	within 10 test -e runs
	kill -KILL "$(helper_of "$started")"
	touch killed
	wait "$started"
	[ "$(grep -c yes out)" -eq 1 ]
	[ "$(wc -l <out)" -eq 5 ]
	[ "$(cat err)" = "hutch: network: the helper was ended by signal 9; the program goes on without a network" ]
	[ "$(look 'j["network"]["lost"]' report)" = True ]
}

@test "a launcher that is killed takes the helper along" {
	start net sh -c 'touch runs; sleep 60'
	within 10 test -e runs
	helper=$(helper_of "$started")
	[ -n "$helper" ]
	kill -KILL "$started"
	gone() { [ ! -e "/proc/$helper" ]; }
	within 5 gone
}

@test "the helper: no capabilities, no_new_privs, a filter, no way to files, nothing of the caller's" {
	exec 17</etc/passwd
	SECRET=42 start net sh -c 'touch runs; sleep 60'
	within 10 test -e runs
	helper=$(helper_of "$started")
	status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$helper/status"; }
	for set in CapInh CapPrm CapEff CapAmb; do [ "$(status "$set")" = 0000000000000000 ]; done
	[ "$(status NoNewPrivs)" = 1 ]
	[ "$(status Seccomp)" = 2 ]
	if [ -r "/proc/$helper/environ" ]; then
		! grep -q SECRET "/proc/$helper/environ" || false
		! ls -l "/proc/$helper/fd" | grep -q /etc/passwd || false
	fi
	[ "$(readlink "/proc/$helper/ns/net" || echo unreadable)" != "$(readlink /proc/self/ns/net)x" ]
}
