#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names and what is allowed by them: what tests/net/reach.txt, one case at a time, can't show.

load network.bash

# say PYTHON-EXPRESSION…: what a program inside gets that sends these, one after the other, to port 80 of an allowed name
say() {
	run -0 net --allow example.org python3 -c '
import socket, sys
c = socket.create_connection(("example.org", 80), 5)
got = b""
try:
    for part in sys.argv[1:]:
        c.sendall(eval(part))
        got += c.recv(65536)
    print(got.count(b"HTTP/1.1 200"), "answers")
except OSError as e:
    print(got.count(b"HTTP/1.1 200"), "answers,", type(e).__name__)' "$@"
}

@test "each request of a connection must be for the name, and nothing hides behind one" {
	local good='b"GET /name HTTP/1.1\r\nHost: example.org\r\n\r\n"' bad='b"GET /name HTTP/1.1\r\nHost: other.example\r\n\r\n"'
	say "$good" "$good" "$good"
	[ "$output" = "3 answers" ]
	say "$good" "$bad"
	[ "$output" = "1 answers, ConnectionResetError" ]
	say "$good + $bad"
	[[ "$output" == *"answers, ConnectionResetError" || "$output" == "1 answers" ]]
	for part in 'b"GET / HTTP/1.1\r\nHost: example.org\r\nHost: other.example\r\n\r\n"' \
		'b"GET http://other.example/ HTTP/1.1\r\nHost: example.org\r\n\r\n"' \
		'b"CONNECT other.example:443 HTTP/1.1\r\nHost: example.org\r\n\r\n"' \
		'b"GET / HTTP/1.1\r\nHost: example.org\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"' \
		'b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"' 'b"GET /\r\n"' 'b"\x16\x03\x01junk"' \
		'b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"'; do
		say "$part"
		[[ "$output" == "0 answers, ConnectionResetError" ]] || { echo "$part: $output"; return 1; }
	done
}

@test "the name said is told with what would allow it" {
	need curl
	run -56 --separate-stderr net --allow example.org -v curl -sS -H "Host: other.example" http://example.org/name
	[[ "$stderr" == *"network: "*"other.example"*"--allow example.org:80+tls=any"* ]]
	run -0 net --allow example.org:80+tls=any curl -sS -H "Host: other.example" http://example.org/name
	[ "$output" = "other.example " ]
}

@test "TLS: no server name and another one end the connection, unless the rule says that any will do" {
	need openssl
	local hello="openssl s_client -connect example.org:443 -brief"
	run -0 net --allow example.org $hello -servername example.org </dev/null
	run -1 net --allow example.org $hello -noservername </dev/null
	run -1 net --allow example.org $hello -servername other.example </dev/null
	run -0 net --allow example.org:443+tls=any $hello -noservername </dev/null
	# Cut into records of a few bytes, the name is still read.
	run -0 net --allow example.org $hello -servername example.org -max_send_frag 512 </dev/null
}

@test "dig: UDP and TCP, truncation, EDNS, reverse names" {
	need dig
	run -0 net dig +short +tcp large.example
	[ "$(wc -l <<<"$output")" -eq 120 ]
	run -0 net dig +noedns +ignore large.example
	[[ "$output" == *" tc "* ]]
	run -0 net --allow example.org dig other.example
	[[ "$output" == *"status: NXDOMAIN"*"EDE: 15 (Blocked)"* ]]
	run -0 net --allow example.org sh -c 'dig +short -x "$(dig +short example.org)"'
	[ "$output" = "example.org." ]
	run -0 net --allow example.org sh -c 'dig +short -x "$(dig +short example.org AAAA)"'
	[ "$output" = "example.org." ]
	run -0 net dig +short -x 192.168.7.10
	[ -z "$output" ]
}

@test "an alias of a denied or private name leads nowhere" {
	run -2 net getent hosts alias.example
	run -0 net --net lan getent ahostsv4 alias.example
	run -2 net --net lan --deny lan.example getent hosts alias.example
}

@test "resolv.conf is read again when it changes" {
	local before
	before=$(cat "$WORLD/resolv.conf")
	start net sh -c 'getent ahostsv4 example.org >one; until [ -e go ]; do sleep 0.05; done; getent ahostsv4 example.org >two || echo none >two'
	within 10 test -s one
	printf 'nameserver 203.0.113.61\n' >"$WORLD/resolv.conf"
	sleep 0.3
	touch go
	within 15 test -s two
	printf '%s\n' "$before" >"$WORLD/resolv.conf"
	grep -q 203.0.113.10 one
	[ "$(cat two)" = none ]
}

@test "localhost is never asked for" {
	run -0 net --dns 203.0.113.61 getent ahostsv4 a.localhost
	[[ "$output" == 127.0.0.1* ]]
}

attached() {
	run -0 timeout 90 python3 "$SOURCE/tests/net/attached.py" "$1" 3>&-
}

@test "a running policy is tightened: what it forbids ends, the rest goes on" {
	attached tightened
}

@test "a name that moves to a refused address leads nowhere from then on" {
	attached rebound
}

@test "questions have random numbers, ports and letters" {
	attached guarded
}

@test "with a list, nothing but allowed names is asked for" {
	attached quiet
	[ "${lines[*]}" = "198.18.0.16 198.18.0.17 code 3 code 3 code 3 nothing nothing nothing nothing code 3 code 3 127.0.0.1" ]
}
