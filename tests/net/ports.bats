#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ports of the host that lead into the sandbox, and the other way round.

load network.bash

# a server inside, on port 8000 of the family $1's wildcard: says what reached it
server() {
	cat >server.py <<-'PYTHON'
		import socket, sys, threading
		def udp():
		    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("0.0.0.0", 8000))
		    while True:
		        data, peer = u.recvfrom(65535)
		        u.sendto(b"udp inside " + data, peer)
		threading.Thread(target=udp, daemon=True).start()
		l = socket.create_server((sys.argv[1], 8000), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
		open("listening", "w").close()
		while True:
		    c, peer = l.accept()
		    c.sendall(b"inside\n" + c.recv(100)); c.close()
	PYTHON
}

# say TEXT to ADDRESS PORT by tcp or udp
say() {
	python3 -c '
import socket, sys
text, address, port, how = sys.argv[1:]
c = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM)
c.settimeout(3); c.connect((address, int(port))); c.send(text.encode())
data = c.recv(1000)
while how == "tcp" and (more := c.recv(1000)): data += more
print(data.decode())' "$@"
}

@test "--publish: 127.0.0.1 of the host leads in, to the same port or another, and no other address does" {
	server
	start net --publish 8000 --publish 18000:8000 python3 server.py 0.0.0.0
	within 10 test -e listening
	for port in 8000 18000; do
		run -0 say hello 127.0.0.1 "$port" tcp
		[ "$output" = $'inside\nhello' ]
		run ! say hello 203.0.113.1 "$port" tcp
		run ! say hello ::1 "$port" tcp
	done
}

@test "--publish: an address of the host, IPv4 and IPv6" {
	server
	start net --publish 203.0.113.1:18000:8000 --publish '[::1]:18001:8000' python3 server.py 0.0.0.0
	within 10 test -e listening
	run -0 say hello 203.0.113.1 18000 tcp
	[ "$output" = $'inside\nhello' ]
	run ! say hello 127.0.0.1 18000 tcp
	run -0 say hello ::1 18001 tcp
	[ "$output" = $'inside\nhello' ]
}

@test "--publish: a server that listens on 127.0.0.1 inside is reached too" {
	server
	start net --publish 18000:8000 python3 server.py 127.0.0.1
	within 10 test -e listening
	run -0 say hello 127.0.0.1 18000 tcp
	[ "$output" = $'inside\nhello' ]
}

@test "--publish: UDP" {
	need_tun
	server
	start net --publish 18000:8000/udp python3 server.py 0.0.0.0
	within 10 test -e listening
	run -0 say hello 127.0.0.1 18000 udp
	[ "$output" = "udp inside hello" ]
}

@test "--publish: nobody listens inside" {
	start net --publish 18000:8000 sh -c 'touch listening; sleep 30'
	within 10 test -e listening
	run ! say hello 127.0.0.1 18000 tcp
}

@test "--publish: the port is free again afterwards, and taken meanwhile" {
	start net --publish 18000:8000 sh -c 'touch listening; sleep 2'
	within 10 test -e listening
	run -125 net --publish 18000:8000 true
	[[ "$output" == *"the port is taken on the host"* ]]
	wait "$started"
	run -0 net --publish 18000:8000 true
}

@test "--host-port: the sandbox's 127.0.0.1 leads to the host's, at that port alone" {
	run -0 net --host-port 7006 python3 -c '
import socket
c = socket.create_connection(("127.0.0.1", 7006), 3); c.send(b"by-host-port"); print(c.recv(100).decode())
try: socket.create_connection(("127.0.0.1", 7007), 3); print("open")
except ConnectionRefusedError: print("refused")'
	[ "$output" = $'reached 127.0.0.1\n\nrefused' ]
	grep -q "tcp 127.0.0.1 7006 by-host-port" "$WORLD/host.log"
}

@test "hutch deny: a running sandbox reaches less from then on, and its connections there end" {
	start net --name tighten python3 -c '
import socket, time, os
c = socket.create_connection(("203.0.113.10", 80), 5)
open("connected", "w").close()
c.settimeout(20)
try:
    print("ended by", "end" if not c.recv(1) else "data", flush=True)
except OSError as e:
    print("ended by", type(e).__name__, flush=True)
try:
    socket.create_connection(("203.0.113.10", 80), 5)
    print("again")
except OSError as e:
    print("refused", flush=True)'
	within 10 test -e connected
	run -125 "$HUTCH" deny tighten 'no rule!'
	"$HUTCH" deny tighten 203.0.113.10:80
	wait "$started"
	[ "$(cat out)" = $'ended by ConnectionResetError\nrefused' ]
	run -125 "$HUTCH" deny tighten 203.0.113.10:80
	[[ "$output" == *tighten* ]]
}

@test "hutch deny: a sandbox without a network of its own has nothing to deny" {
	"$HUTCH" run --name lonely sh -c 'echo started; exec sleep 20' >out 3>&- &
	PROCESSES=$!
	within 5 test -s out
	run -125 "$HUTCH" deny lonely 203.0.113.10
	[[ "$output" == *"no network of its own"* ]]
}
