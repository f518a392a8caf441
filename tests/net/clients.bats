#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that know nothing of a sandbox, unchanged and without proxy variables, with the names they need and no others.

load network.bash

same() {
	[ "$(sha256sum <"$1")" = "$(sha256sum <"$WORLD/www/large")" ]
}

@test "curl: http and https, IPv4 and IPv6, small and large" {
	need curl
	for url in http://example.org/ https://example.org/; do
		for family in -4 -6; do
			run -0 net --allow example.org curl -sS "$family" "$url"
			[ "$output" = "hello from the internet" ]
		done
	done
	run -0 net --allow example.org curl -sS -o large https://example.org/large
	same large
	run -0 net curl -sS -o larger http://example.org/large
	same larger
}

@test "curl: what is not allowed does not exist, and is told" {
	need curl
	run -6 --separate-stderr net --allow example.org -v curl -sS https://other.example/
	[[ "$stderr" == *"network: "*"other.example"*"refused: "*"--allow other.example"* ]]
}

@test "curl: a hundred at once" {
	need curl
	for i in $(seq 100); do echo "url=https://example.org/name?$i"; echo "output=/dev/null"; done >list
	run -0 net --allow example.org curl -sS --fail --parallel --parallel-max 50 -K list
}

@test "git over https and over ssh" {
	need git
	run -0 net --allow example.org:443 git clone -q https://example.org/repository.git one
	[ "$(git -C one log --format=%s)" = first ]
	grep -q ssh "$WORLD/known_hosts" 2>/dev/null || skip "no sshd in this world"
	cp "$WORLD/user_key" key
	chmod 600 key
	run -0 net --allow example.org:2222 --env GIT_SSH_COMMAND="ssh -F none -i $T/key -o UserKnownHostsFile=$WORLD/known_hosts" \
		git clone -q "ssh://$(id -un)@example.org:2222$WORLD/www/repository.git" two
	[ "$(git -C two log --format=%s)" = first ]
}

@test "python: urllib, and an error that is the one of the target" {
	run -0 net --allow example.org --env SSL_CERT_FILE="$WORLD/ca.crt" python3 -c '
import urllib.request
print(urllib.request.urlopen("https://example.org/name", timeout=5).read().decode().strip())'
	[ "$output" = "example.org example.org" ]
}

@test "node: fetch, which tries both families at once" {
	need node
	run -0 net --allow example.org --env NODE_EXTRA_CA_CERTS="$WORLD/ca.pem" node -e '
require("https").get("https://example.org/name", { family: 0, autoSelectFamily: true },
	r => r.on("data", d => process.stdout.write(d))).on("error", e => { console.log(e); process.exit(1) })'
	[ "$output" = "example.org example.org" ]
}

@test "java: its own resolver and its own sockets" {
	need javac
	cat >Get.java <<-'JAVA'
		import java.net.*; import java.io.*;
		class Get { public static void main(String[] a) throws Exception {
			System.out.print(new BufferedReader(new InputStreamReader(new URL(a[0]).openStream())).readLine()); } }
	JAVA
	javac Get.java
	run -0 net --allow example.org:80 java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$T" Get http://example.org/name
	[ "$output" = "example.org " ]
}

@test "go: a static program with a resolver of its own" {
	need go
	cat >get.go <<-'GO'
		package main
		import ("fmt"; "io"; "net/http"; "os")
		func main() {
			r, err := http.Get(os.Args[1])
			if err != nil { fmt.Println(err); os.Exit(1) }
			b, _ := io.ReadAll(r.Body)
			fmt.Print(string(b))
		}
	GO
	GOCACHE="${TMPDIR:-/tmp}/hutch-go-cache-$(id -u)" GO111MODULE=off CGO_ENABLED=0 go build -o get get.go
	run -0 net --allow example.org --env SSL_CERT_FILE="$WORLD/ca.crt" ./get https://example.org/name
	[ "$output" = "example.org example.org" ]
	run -1 net --allow example.org ./get https://other.example/name
}

@test "connect() fails as it would outside: refused, unreachable, and at once" {
	cat >errors.py <<-'PYTHON'
		import errno, socket, sys, time
		for host, port, want in (("203.0.113.10", 9, "ECONNREFUSED"), ("2001:db8::10", 9, "ECONNREFUSED"), ("203.0.113.77", 80, "EHOSTUNREACH")):
		    begin = time.monotonic()
		    try:
		        socket.create_connection((host, port), 10)
		        print(host, "connected")
		    except OSError as e:
		        took = time.monotonic() - begin
		        name = errno.errorcode.get(e.errno, repr(e))
		        print(host, name if name == want and (took < 1 or want != "ECONNREFUSED") else f"{name} {took}")
	PYTHON
	run -0 net python3 errors.py
	[ "$output" = "203.0.113.10 ECONNREFUSED
2001:db8::10 ECONNREFUSED
203.0.113.77 EHOSTUNREACH" ]
}

@test "a name with a dead address first: the next one is taken" {
	need curl
	run -0 net --allow dead.example curl -sS --connect-timeout 10 http://dead.example/name
	[ "$output" = "dead.example " ]
}

@test "half-close: the end of one side does not end the other" {
	cat >half.py <<-'PYTHON'
		import hashlib, socket
		c = socket.create_connection(("203.0.113.10", 7100), 5)
		data = b"x" * 3000000
		c.sendall(data); c.shutdown(socket.SHUT_WR)
		answer = b"".join(iter(lambda: c.recv(4096), b""))
		print(answer.decode().strip() == f"{len(data)} {hashlib.sha256(data).hexdigest()}")
		c = socket.create_connection(("203.0.113.10", 7108), 5)
		assert c.recv(1) == b""
		c.sendall(b"said-after-the-end"); c.close()
	PYTHON
	run -0 net python3 half.py
	[ "$output" = True ]
	within 5 grep -q "after-eof said-after-the-end" "$WORLD/internet.log"
}

@test "a reset comes through as one, and so does a client that breaks off" {
	cat >reset.py <<-'PYTHON'
		import socket
		c = socket.create_connection(("203.0.113.10", 7101), 5)
		c.sendall(b"xx")
		try:
		    while c.recv(100): pass
		    print("end")
		except ConnectionResetError: print("reset")
	PYTHON
	run -0 net python3 reset.py
	[ "$output" = reset ]
}

@test "urgent data is still urgent" {
	run -0 net python3 -c '
import socket
c = socket.create_connection(("203.0.113.10", 7105), 5)
c.send(b"!", socket.MSG_OOB)
print(c.recv(100).decode())'
	[ "$output" = "urgent !" ]
}

@test "names: an answer too long for a datagram, no such name, both families" {
	run -0 net getent ahosts large.example
	[ "$(sort -u <<<"$output" | grep -c STREAM)" -eq 120 ]
	run -2 net getent hosts no-such-name.example
	run -0 net getent ahostsv6 example.org
	[[ "$output" == *"2001:db8::10"* ]]
}

@test "ping, and UDP both ways" {
	need_tun
	need ping
	run -0 net ping -c 1 -W 2 203.0.113.10
	run -0 net ping -c 1 -W 2 2001:db8::10
	run -0 net python3 -c '
import socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(3)
for size in (1, 1400, 9000):
    c.sendto(b"u" * size, ("203.0.113.10", 7001)); assert len(c.recv(65535)) == size + 8, size
print("both")'
	[ "$output" = both ]
}

@test "what passed is in the report, by name" {
	need curl
	run -0 net --allow example.org --report report curl -sS -o large http://example.org/large
	look 'j["network"]' report
	[ "$(look 'j["network"]["carried"]' report)" = True ]
	[ "$(look 'any(int(v) >= 4194304 for v in __import__("re").findall(r"[0-9]+", str(j["network"]["counters"])))' report)" = True ]
	[[ "$(look 'j["network"]["counters"]' report)" == *example.org* ]]
}

@test "a rate is kept" {
	need curl
	SECONDS=0
	run -0 net --net-limit-down 1M curl -sS -o large http://example.org/large
	[ "$SECONDS" -ge 2 ]
	same large
}

@test "packets are written for tcpdump" {
	need curl
	run -0 net --pcap "$T/packets" curl -sS http://example.org/
	[ "$(head -c 4 packets | od -An -tx1 | tr -d ' \n')" = d4c3b2a1 ] || [ "$(head -c 4 packets | od -An -tx1 | tr -d ' \n')" = 4d3cb2a1 ] ||
		[ "$(head -c 4 packets | od -An -tx1 | tr -d ' \n')" = 0a0d0d0a ]
	[ "$(stat -c %s packets)" -gt 100 ]
}

@test "what the kernel inside sends of its own accord wakes nobody" {
	run -0 net --pcap "$T/idle" sleep 2
	[ "$(stat -c %s idle)" -eq 24 ]
}

@test "a program that connects at once is served, start after start, IPv4 and IPv6" {
	local turns=8
	[ -z "${HUTCH_TEST_LONG:-}" ] || turns=50
	for turn in $(seq "$turns"); do
		for to in 203.0.113.10 2001:db8::10; do
			run -0 net bash -c 'exec 3<>"/dev/tcp/$0/7001"; echo first >&3; head -n1 <&3' "$to"
			[ "$output" = "reached $to" ] || { echo "$turn: $output"; return 1; }
		done
	done
}
