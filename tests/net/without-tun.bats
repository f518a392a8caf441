#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where /dev/net/tun is not there (run by tests/net/world with WITHOUT_TUN=1): what still works, and what says that it does not.

load network.bash

@test "TCP and names work" {
	[ ! -e /dev/net/tun ]
	need curl
	run -0 net curl -sS http://example.org/
	[ "$output" = "hello from the internet" ]
	run -0 net --allow example.org curl -sS -6 https://example.org/
	[ "$output" = "hello from the internet" ]
}

@test "what is refused stays refused" {
	for to in 203.0.113.1 10.0.2.2 127.0.0.1 192.168.7.10 169.254.169.254; do
		run -0 net python3 -c '
import socket, sys
try:
    c = socket.create_connection((sys.argv[1], 7002), 3); c.settimeout(3); c.send(b"without-tun"); print(c.recv(100) or b"end")
except OSError as e: print("refused")' "$to"
		[ "$output" = refused ] || [ "$output" = "b'end'" ]
	done
	! grep -q without-tun "$WORLD/host.log" "$WORLD/internet.log"
}

@test "UDP and ICMP are refused, and explain, report and doctor say why" {
	run -0 net --report report python3 -c '
import socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(2)
try: c.sendto(b"x", ("203.0.113.10", 7001)); print(c.recv(100))
except OSError: print("refused")'
	[ "$output" = refused ]
	[[ "$(look 'j["network"]["notes"]' report)" == *"/dev/net/tun"* ]]
	run -0 "$HUTCH" explain --net internet true
	[[ "$output" == *"no UDP but DNS, and no ICMP: /dev/net/tun"* ]]
	run "$HUTCH" doctor
	[[ "$output" == *"/dev/net/tun"*"no UDP but name queries"* ]]
}

@test "a port for UDP can't be published" {
	run -125 net --publish 18000/udp true
	[[ "$output" == *"--publish 18000/udp: UDP needs /dev/net/tun"* ]]
}
