#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The launcher's side of the network: what is refused before anything exists, what the helper is given, and how the launcher
# gets on with one that misbehaves. The helper is tests/net/fake-net; the network itself is tried by the other files here.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	T=$(mktemp -d)
	chmod 0755 "$T"
	cd "$T"
	cp "$HUTCH" hutch
	cp "$SOURCE/tests/net/fake-net" hutch-net
	ln -s "$SOURCE/profiles" profiles
	printf good >behaviour
	: >seen
	chmod a+w seen .
}

teardown() {
	cd /
	[ -z "$T" ] || rm -rf "$T"
}

# fails STATUS MESSAGE REMEDY COMMAND…: it ends so, saying so
fails() {
	local status=$1 message=$2 remedy=$3
	shift 3
	run -"$status" "$@"
	[[ "$output" == *"$message"* ]] || { echo "no \"$message\" in: $output"; return 1; }
	[[ "$output" == *"hutch: try: "*"$remedy"* ]] || { echo "no \"$remedy\" in: $output"; return 1; }
}

# look PYTHON-EXPRESSION FILE: of the JSON in it, as `j`
look() {
	python3 -c 'import json, sys; j = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$2"
}

@test "the program runs once the helper is ready, and the helper gets the namespaces and nothing else" {
	exec 17</etc/passwd
	run -0 ./hutch run --net internet readlink /proc/self/ns/net
	[ "$output" = "net:[$(look 'j["netns"]' seen)]" ]
	[ "$(look 'j["environment"]' seen)" = "{}" ]
	[ "$(look 'j["session"]' seen)" = True ]
	look 'sorted(v.split(":")[0] for k, v in j["descriptors"].items() if int(k) > 2 and "/proc/" not in v and "/seen" not in v)' seen
	[ "$(look 'sorted(v.split(":")[0] for k, v in j["descriptors"].items() if int(k) > 2 and "/proc/" not in v and "/seen" not in v)' seen)" = "['socket']" ]
	[ "$(look '{v for k, v in j["descriptors"].items() if int(k) < 3}' seen)" = "{'/dev/null'}" ]
}

@test "the helper is told the mode, lists in their order, and rates as bytes" {
	run -0 ./hutch run --net lan --allow 'example.org:443,*.example.com' --deny 198.51.100.0/24 --publish 18080:80 \
		--host-port 5432 --dns 192.0.2.53 --net-limit-up 1M --net-limit-down none true
	[ "$(look 'j["argv"][2:]' seen)" = "['--net', 'lan', '--allow', 'example.org:443', '--allow', '*.example.com', '--deny', '198.51.100.0/24', '--publish', '18080:80', '--host-port', '5432', '--dns', '192.0.2.53', '--limit-up', '1048576']" ]
}

@test "a profile says the same" {
	printf '[network]\nmode = internet\nallow = example.org:443 example.com\nlimit-up = 2K\n' >x.profile
	run -0 ./hutch run --profile ./x.profile true
	[ "$(look 'j["argv"][2:]' seen)" = "['--net', 'internet', '--allow', 'example.org:443', '--allow', 'example.com', '--limit-up', '2048']" ]
	: >seen
	run -0 ./hutch run --profile ./x.profile --net none true
	[ ! -s seen ]
}

@test "without a network of its own there is no helper" {
	run -0 ./hutch run true
	run -0 ./hutch run --net host true
	[ ! -s seen ]
}

@test "rules that cannot be understood are refused where they were read" {
	while read -r rule; do
		run -125 ./hutch run --net internet --allow "$rule" true
		[[ "$output" == "hutch: --allow $rule: "* ]] || { echo "$rule: $output"; return 1; }
	done <<-'RULES'
		-x.org
		x-.org
		x..org
		a_b$.org
		exämple.org
		*x.org
		x.*.org
		example.org:0
		example.org:65536
		example.org:90-80
		example.org:http
		[192.0.2.1]:80
		[2001:db8::1:80
		192.0.2.1/33
		192.0.2.1/24
		2001:db8::1/129
		300.1.1.1
		192.0.2
		0x7f000001
		2130706433
		icmp:192.0.2.1:80
		udp:example.org:53+tls=any
		example.org:443+tls=none
		_dns.example
	RULES
	printf '[network]\nmode = internet\nallow = x..org\n' >x.profile
	run -125 ./hutch run --profile ./x.profile true
	[[ "$output" == "hutch: ./x.profile:3: allow x..org: "* ]]
	[ ! -s seen ]
}

@test "rules of every form are taken" {
	run -0 ./hutch run --net internet --allow 'example.org,*.example.org,x.org.,xn--bcher-kva.example,*' \
		--allow '192.0.2.1,192.0.2.0/24:80-90,2001:db8::1,[2001:db8::1]:443,[2001:db8::/32]:53,2001:db8::/32' \
		--allow 'udp:192.0.2.1:53,icmp:192.0.2.1,tcp:example.org:443+tls=any,0xdead.example' true
}

@test "options of a network that is not there are refused, not taken for a restriction" {
	fails 125 "--allow example.org: there is no network" "--net internet" ./hutch run --allow example.org true
	fails 125 "--deny 10.0.0.0/8: the host's network is shared as it is" "--net internet" \
		./hutch run --net host --deny 10.0.0.0/8 true
	fails 125 "--publish 8080: there is no network" "--net internet" ./hutch run --publish 8080 true
}

@test "a port that is taken, privileged, published twice or not this machine's is named before the start" {
	python3 -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); sys.stdin.read()' >port 3>&- < <(exec sleep 20 3>&-) &
	until [ -s port ]; do sleep 0.05; done
	port=$(cat port)
	fails 125 "--publish $port:80: the port is taken on the host" "--publish PORT:80" \
		./hutch run --net internet --publish "$port:80" true
	kill $!
	run -125 ./hutch run --net internet --publish 18080,18080 true
	[[ "$output" == *"published twice"* ]]
	fails 125 "--publish 192.0.2.77:18080: " "one of this machine's" ./hutch run --net internet --publish 192.0.2.77:18080 true
	if [ "$(id -u)" != 0 ] && [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 1024 ]; then
		fails 125 "--publish 80: " "above 1023" ./hutch run --net internet --publish 80 true
	fi
	for spec in 0 65536 x 80:y 1:2:3 '[::1]80' 127.0.0.1 80/sctp; do
		run -125 ./hutch run --net internet --publish "$spec" true
		[[ "$output" == "hutch: --publish $spec: "* ]]
	done
	[ ! -s seen ]
}

@test "a helper that is not installed is said, with what to do" {
	rm hutch-net
	fails 125 "--net internet: the program that carries it, hutch-net, is not installed" "--net none" \
		./hutch run --net internet true
}

@test "a helper's reason not to start is the user's, without its control characters" {
	printf error >behaviour
	fails 125 '--net internet: the tap could not be made\x1b[31m' 'do \x07something' ./hutch run --net internet touch ran
	[ ! -e ran ]
}

@test "a helper that dies or leaves before it is ready ends the start" {
	printf dies >behaviour
	fails 125 "--net lan: the network helper was ended by signal 11 before it was ready" "hutch doctor" \
		./hutch run --net lan touch ran
	printf leaves >behaviour
	fails 125 "--net lan: the network helper ended with status 7 before it was ready" "hutch doctor" \
		./hutch run --net lan touch ran
}

@test "a helper that says nothing can be interrupted, and is gone with the launcher" {
	printf silent >behaviour
	run -124 timeout 1 ./hutch run --net internet true
	run -137 timeout -s KILL 1 ./hutch run --net internet true
	pid=$(look 'j["pid"]' seen)
	for _ in $(seq 100); do [ -e "/proc/$pid" ] || break; sleep 0.02; done
	[ ! -e "/proc/$pid" ]
}

@test "the program does not run before the helper is ready" {
	printf slow >behaviour
	run -0 ./hutch run --net internet -v true
	[[ "$output" == *"network ready"*"executing"* ]]
}

@test "how TCP leaves is told and reported when it is known, which may be after the start" {
	printf slirp >behaviour
	run -0 --separate-stderr ./hutch run --net internet -v --report fd:8 sleep 0.5 8>report
	[[ "$stderr" == *"network ready: TCP pending"*"executing"*"network: TCP slirp"*"network: the kernel\x1b has none"* ]]
	[[ "$stderr" != *"no more"* ]]
	[ "$(look 'j["network"]["tcp"], j["network"]["notes"][-2:]' report)" = "('slirp', ['a note of the helper', 'the kernel\\\\e has none'])" ]
	printf none >behaviour
	run -0 --separate-stderr ./hutch run --net internet --report fd:8 sleep 0.5 8>report
	[ "$stderr" = 'hutch: network: the kernel\x1b has none' ]
	[ "$(look 'j["network"]["tcp"], j["network"]["lost"]' report)" = "('none', False)" ]
}

@test "a helper that fails after the start says why, and the program has no network" {
	printf late >behaviour
	run -3 --separate-stderr ./hutch run --net internet --report fd:8 sh -c 'sleep 2; exit 3' 8>report
	[ "$stderr" = 'hutch: network: libslirp\x1b
hutch: network: the helper ended with status 125; the program goes on without a network' ]
	[ "$(look 'j["network"]["lost"]' report)" = True ]
}

@test "a helper that crashes takes the network along, not the program, and the launcher says so" {
	printf crashes >behaviour
	run -3 --separate-stderr ./hutch run --net internet --report fd:8 sh -c 'sleep 0.6; exit 3' 8>report
	[ "$stderr" = "hutch: network: the helper was ended by signal 9; the program goes on without a network" ]
	[ "$(look 'j["network"]["lost"]' report)" = True ]
}

@test "a helper that will not end is ended" {
	printf stays >behaviour
	SECONDS=0
	run -0 ./hutch run --net internet true
	[ "$SECONDS" -lt 20 ]
	[ ! -e "/proc/$(look 'j["pid"]' seen)" ]
}

@test "what a helper says that makes no sense is passed over" {
	printf garbage >behaviour
	run -0 ./hutch run --net internet --report fd:8 true 8>report
	[ -z "$output" ]
	[ "$(look 'j["network"]["refused"]' report)" = 1 ]
}

@test "refusals: one line each with -v, an object each with --log-json, in sum in the report" {
	run -0 --separate-stderr ./hutch run --net internet --report fd:8 sleep 0.3 8>report
	[ -z "$stderr" ]
	[ "$(look 'j["network"]["refused"]' report)" = 5 ]
	[ "$(look 'j["network"]["refusals"][0]' report)" = "{'protocol': 'tcp', 'destination': '203.0.113.9:80', 'name': 'example.net', 'rule': 'not listed', 'option': '--allow example.net:80', 'count': 4}" ]
	[ "$(look 'j["network"]["refusals"][1]["rule"]' report)" = 'private\n' ]
	[ "$(look 'j["network"]["counters"]["names"]' report)" = "{'example.org': {'bytes_up': 7}}" ]
	[ "$(look 'j["network"]["tcp"], j["network"]["ipv6"], j["network"]["notes"][-1]' report)" = "('tproxy', True, 'a note of the helper')" ]
	run -0 --separate-stderr ./hutch run --net internet -v sleep 0.3
	[[ "$stderr" == *"hutch: network: tcp 203.0.113.9:80 (example.net) refused: not listed; allowed by --allow example.net:80"* ]]
	run -0 --separate-stderr ./hutch run --net internet --log-json sleep 0.3
	[ "$(grep -c '"level":"refused"' <<<"$stderr")" = 3 ]
	tail -1 <<<"$stderr" >line
	[ "$(look 'j["destination"], j["count"]' line)" = "('[2001:db8::1]:443', 1)" ]
}

@test "a flood of refusals is counted whole and kept in part" {
	printf flood >behaviour
	run -0 ./hutch run --net internet --report fd:8 sleep 1 8>report
	[ "$(look 'j["network"]["refused"], len(j["network"]["refusals"])' report)" = "(3000, 256)" ]
}

@test "names inside: the resolver of the sandbox, itself and localhost, files and DNS alone" {
	[ -e /etc/resolv.conf ] || skip "there is no /etc/resolv.conf here"
	run -0 ./hutch run --net internet --hostname box cat /etc/resolv.conf /etc/hosts /etc/nsswitch.conf
	[[ "$output" == *"nameserver 10.0.2.3"* ]]
	[[ "$output" == *"127.0.1.1	box"* ]]
	[ "$(grep -c '^ *hosts:' <<<"$output")" = 1 ]
	[[ "$output" == *"hosts: files dns"* ]]
	run ! ./hutch run --net internet sh -c 'echo nameserver 1.1.1.1 >/etc/resolv.conf'
	cp /etc/hosts before
	run -0 ./hutch run --net none cat /etc/hosts
	[ "$output" = "$(cat before)" ]
	echo "nameserver 192.0.2.1" >mine
	run -0 ./hutch run --net internet --ro "$T/mine:/etc/resolv.conf" cat /etc/resolv.conf
	[ "$output" = "nameserver 192.0.2.1" ]
}

@test "names inside where the host's resolv.conf is a link that leads nowhere in the sandbox" {
	mkdir -p root/etc root/usr
	ln -s ../run/systemd/resolve/stub-resolv.conf root/etc/resolv.conf
	for path in /bin /lib /lib64; do
		[ -L "$path" ] || skip "$path is no link here"
		cp -P "$path" "root$path"
	done
	run -0 ./hutch run --net internet --root root --ro /usr cat /etc/resolv.conf
	[[ "$output" == *"nameserver 10.0.2.3"* ]]
}

@test "--pcap: a file of the user's own, not through a link, and checked before" {
	umask 022
	run -0 ./hutch run --net internet --pcap packets true
	[ "$(stat -c %a packets)" = 600 ]
	[ "$(look '[v for v in j["descriptors"].values() if v.endswith("/packets")]' seen)" = "['$T/packets']" ]
	ln -s "$T/elsewhere" link
	run -125 ./hutch run --net internet --pcap link true
	[ ! -e elsewhere ]
	run -125 ./hutch run --net internet --pcap /proc/nothing/x true
}

@test "explain: the network, who asked for what, and what is missing; as JSON too" {
	run -0 ./hutch explain --net internet --allow example.org --publish 18080:80 true
	grep -q '^network  *internet  \[--net internet\]$' <<<"$output"
	grep -q '^  allow  *example.org  \[--allow example.org\]$' <<<"$output"
	grep -q '^  publish  *18080:80  \[--publish 18080:80\]$' <<<"$output"
	./hutch explain --json --net internet --allow example.org true >plan
	[ "$(look 'j["network"]["value"], j["network_details"]["allow"][0]["value"]' plan)" = "('internet', 'example.org')" ]
	[ ! -s seen ]
}

@test "ids of a range" {
	grep -q "^$(id -un):" /etc/subuid 2>/dev/null && command -v newuidmap >/dev/null || skip "no range of ids here"
	run -0 ./hutch run --uid range --net internet true
}

@test "a terminal of its own" {
	printf slow >behaviour
	run -0 script -qec "./hutch run --net internet tty" /dev/null
	[[ "$output" == *"/dev/pts/"* ]]
}
