# SPDX-License-Identifier: GPL-2.0-or-later
"""
attached.py CASE - hutch-net by itself, attached to a namespace that this makes, with the launcher's control socket in the
test's hands and a resolver that answers as the case needs it. To be run by tests/net/world.
"""
import atexit, json, os, select, socket, struct, subprocess, sys, threading, time

NET = os.path.join(os.path.dirname(os.environ["HUTCH"]), "helpers/net/hutch-net")


class Resolver(threading.Thread):
    """Answers every name with `address`; writes down who asked what."""

    def __init__(self):
        super().__init__(daemon=True)
        self.address, self.ttl, self.asked = "203.0.113.10", 0, []
        self.keeps_case = True
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.start()

    def answer(self, query):
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack("!H", query[end - 4:end - 2])[0]
        name = query[12:end] if self.keeps_case else query[12:end - 4].lower() + query[end - 4:end]
        records = []
        if kind == 1:
            records = [b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, self.ttl, 4) + socket.inet_aton(self.address)]
        return query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(records), 0, 0) + name + b"".join(records)

    def run(self):
        while True:
            for ready in select.select([self.udp, self.tcp], [], [])[0]:
                if ready is self.udp:
                    query, peer = self.udp.recvfrom(65535)
                    self.asked.append(("udp", query, peer[1]))
                    self.udp.sendto(self.answer(query), peer)
                else:
                    connection, peer = self.tcp.accept()
                    query = connection.recv(65535)[2:]
                    self.asked.append(("tcp", query, peer[1]))
                    answer = self.answer(query)
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
                    connection.close()


class Attached:
    def __init__(self, *options, resolver=None):
        self.holder = subprocess.Popen(["unshare", "-Urn", "sh", "-c", "echo; exec sleep 600"], stdout=subprocess.PIPE)
        atexit.register(self.holder.kill)
        self.holder.stdout.read(1)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [NET, "--target", str(self.holder.pid), "--control-fd", str(theirs.fileno()), *options]
        if resolver:
            command += ["--dns", f"127.0.0.1:{resolver.port}"]
        self.helper = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self.control.settimeout(10)
        self.hear("ready")

    def hear(self, kind, wanted=lambda message: True):
        while True:
            message = json.loads(self.control.recv(65536))
            if message["type"] == kind and wanted(message):
                return message
            if message["type"] == "error":
                raise SystemExit(message)

    def say(self, **message):
        self.control.send(json.dumps(message).encode())

    def start(self, program, *arguments):
        return subprocess.Popen(["nsenter", "--preserve-credentials", "-U", "-n", "-t", str(self.holder.pid), "python3", "-c",
                                 PRELUDE + program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, program, *arguments):
        return self.start(program, *arguments).communicate(timeout=30)[0].strip()

    def end(self):
        self.control.close()
        self.helper.wait(10)
        self.holder.kill()
        self.holder.wait()


# Inside there is no resolv.conf of its own, so names are asked for by hand.
PRELUDE = r'''
import socket, struct, sys
def look_up(name, kind=1):
    c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(8)
    query = b"\1\2" + struct.pack("!HHHHH", 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) \
        + b"\0" + struct.pack("!HH", kind, 1)
    c.sendto(query, ("10.0.2.3", 53))
    packet = c.recv(65535)
    assert packet[:2] == query[:2] and packet[12:len(query)] == query[12:], packet
    if packet[3] & 15: return f"code {packet[3] & 15}"
    if not struct.unpack("!H", packet[6:8])[0]: return "nothing"
    return socket.inet_ntoa(packet[len(query) + 12:][:4])
def reach(address, port):
    try:
        c = socket.create_connection((address, port), 8); c.sendall(b"here"); return c.recv(100).decode()
    except OSError as e: return type(e).__name__
'''


def tightened():
    """A denial that comes while the program runs: what it forbids ends, what it doesn't goes on."""
    net = Attached("--net", "internet")
    client = net.start(r'''
a, b = (socket.create_connection((to, 7107), 8) for to in ("203.0.113.10", "203.0.113.11"))
def echo(c):
    try:
        c.sendall(b"x"); return c.recv(1).decode() or "end"
    except OSError as e: return type(e).__name__
print(echo(a), echo(b), flush=True)
sys.stdin.readline()
print(echo(a), echo(b), reach("203.0.113.10", 7107), reach("203.0.113.11", 7107), flush=True)
''')
    assert client.stdout.readline().split() == ["x", "x"]
    net.say(type="deny", rule="203.0.113.10/3x")
    assert "3x" in net.hear("denied")["error"]
    net.say(type="deny", rule="203.0.113.10")
    assert "error" not in net.hear("denied")
    client.stdin.write("\n")
    client.stdin.flush()
    said = client.communicate(timeout=30)[0].split()
    assert said == ["ConnectionResetError", "x", "PermissionError", "here"] or said[1:] == ["x", "OSError", "here"], said
    net.hear("refused", lambda event: event["rule"] == "--deny 203.0.113.10" and event["destination"] == "203.0.113.10:7107")
    net.end()


def rebound():
    """A name that first is at a public address and then at one of this machine's, or of the local network."""
    resolver = Resolver()
    net = Attached("--net", "internet", "--allow", "flip.example", resolver=resolver)
    client = net.start(r'''
first = look_up("flip.example")
print(first, reach(first, 7107), flush=True)
for line in sys.stdin:
    print(reach(first, 7107), look_up("flip.example"), flush=True)
''')
    address, said = client.stdout.readline().split()
    assert address.startswith("198.18.") and said == "here", (address, said)
    for bad in "127.0.0.1", "192.168.7.10", "169.254.169.254", "203.0.113.1", "0.0.0.0":
        resolver.address = bad
        time.sleep(5.2)  # what was found is kept for so long, however short its TTL
        client.stdin.write("\n")
        client.stdin.flush()
        said = client.stdout.readline().split()
        assert said[0] in ("PermissionError", "OSError") and said[1] == "nothing", (bad, said)
        event = net.hear("refused", lambda event: bad in event["rule"])
        assert event["name"] == "flip.example", event
    net.end()


def guarded():
    """Questions are hard to answer in the resolver's place."""
    resolver = Resolver()
    net = Attached("--net", "internet", resolver=resolver)
    names = [f"abcdefghijklmnop{i}.example" for i in range(8)]
    said = net.run("print(*[look_up(n) for n in sys.argv[1:]])", *names).split()
    assert said == ["203.0.113.10"] * 8, said
    asked = resolver.asked
    assert len({query[:2] for _, query, _ in asked}) == 8
    assert len({port for _, _, port in asked}) == 8
    assert all(query[12:].lower() != query[12:] for _, query, _ in asked)
    # A resolver that writes names its own way is asked again by TCP.
    resolver.keeps_case, resolver.asked = False, []
    assert net.run('print(look_up("abcdefghijklmnop.example"))') == "203.0.113.10"
    assert [how for how, _, _ in resolver.asked] == ["udp", "tcp"]
    net.end()


def quiet():
    """With a list, nothing of what the program asks leaves, but allowed names."""
    resolver = Resolver()
    net = Attached("--net", "internet", "--allow", "good.example", "--allow", "*.wild.example", resolver=resolver)
    print(net.run(r'''
for name, kind in (("good.example", 1), ("a.wild.example", 1), ("secret.other.example", 1), ("secret.good.example", 1),
        ("wild.example", 1), ("good.example", 16), ("good.example", 65), ("good.example", 15), ("good.example", 255),
        ("_x.wild.example", 1), ("10.113.0.203.in-addr.arpa", 12), ("localhost", 1)):
    print(look_up(name, kind))
'''))
    names = {query[12:].lower().split(b"\0")[0] for _, query, _ in resolver.asked}
    assert names == {b"\4good\7example", b"\1a\4wild\7example"}, names
    assert {query[2:12] for _, query, _ in resolver.asked} == {b"\1\0\0\1\0\0\0\0\0\1"}
    net.end()


globals()[sys.argv[1]]()
