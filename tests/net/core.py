#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""core.py HUTCH-NET [TEST…] - the helper by itself (--target), on an internet that is a namespace's loopback.

The program re-executes itself in a user and network namespace of its own, which plays the host and the internet; a
second one inside is the sandbox, in which a copy of this file runs the client's side. TAP on standard output. Ends with
77 where such namespaces can't be had. HUTCH_NET_CONNECTIONS: how many at once (10000).
"""
import errno
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HOST4, HOST6 = "203.0.113.10", "2001:db8::10"
MANY = int(os.environ.get("HUTCH_NET_CONNECTIONS", "10000"))
helper = sys.argv[1]


def start(*command, **more):
    return subprocess.Popen(command, **more)


class Sandbox:
    """A namespace with hutch-net attached; run() runs Python inside."""

    def __init__(self, *options, limit=None, attach=True, libraries=None):
        self.holder = start("unshare", "-Urn", "--kill-child", "sh", "-c", "echo; exec sleep 1000", stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.pid = int(subprocess.check_output(["pgrep", "-P", str(self.holder.pid)]).split()[0]) \
            if open(f"/proc/{self.holder.pid}/comm").read().strip() == "unshare" else self.holder.pid
        self.net = None
        if attach:
            self.net, self.ready = self.attach(options, limit, libraries)

    def attach(self, options, limit=None, libraries=None):
        r, w = os.pipe()
        # What looks for leaks needs another process, which the filter doesn't let be.
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
        net = start(helper, "--target", str(self.pid), "--ready-fd", str(w), "--allow", HOST4, "--allow", f"[{HOST6}]",
                    *options, pass_fds=[w], stderr=subprocess.PIPE,
                    env=dict(os.environ, LD_LIBRARY_PATH=libraries) if libraries else None,
                    preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))))
        os.close(w)
        ready = os.read(r, 1) == b"1"
        os.close(r)
        return net, ready

    def command(self, code):
        return ["nsenter", "-t", str(self.pid), "-U", "-n", "--preserve-credentials", "python3", "-c",
                "import socket, sys, time, errno, select, struct, os, resource\n" + code]

    def run(self, code, timeout=60, check=True):
        done = subprocess.run(self.command(code), capture_output=True, text=True, timeout=timeout)
        if check and done.returncode:
            raise AssertionError(done.stderr[-500:])
        return done.stdout.strip()

    def close(self):
        status = 0
        if self.net:
            self.net.send_signal(signal.SIGTERM)
            status = self.net.wait(10)
            said = self.net.stderr.read().decode()
            assert "Sanitizer" not in said and "runtime error" not in said, said[:3000]
            assert status == 0, f"the helper ended with {status}: {said[:500]}"
        self.holder.kill()
        self.holder.wait()
        return status

    def __enter__(self):
        assert not self.net or self.ready, self.net.stderr.read().decode()
        return self

    def __exit__(self, *_):
        self.close()


def serve(serve_one, host=HOST4):
    """A server in a thread: serve_one(connection) for each; returns its port."""
    listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=4096)

    def loop():
        while True:
            c, _ = listener.accept()
            threading.Thread(target=serve_one, args=(c,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return listener.getsockname()[1]


def echo_all(c):
    with c:
        while data := c.recv(65536):
            c.sendall(data)


CONNECT = """
def connect(address, port, timeout=5):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(timeout)
    start = time.monotonic()
    try: s.connect((address, port)); return "connected"
    except TimeoutError: return "silence"
    except OSError as e: return errno.errorcode[e.errno] + ("" if time.monotonic() - start < 1 else " late")
"""


def test_errors_are_those_of_the_target():
    with Sandbox("--allow", "198.51.100.1", "--allow", "192.0.2.7") as box:
        subprocess.check_call(["ip", "route", "add", "unreachable", "198.51.100.1"])
        subprocess.check_call(["ip", "route", "add", "blackhole", "192.0.2.7"])
        said = box.run(CONNECT + f"""
print(connect("{HOST4}", 1), connect("{HOST6}", 1), connect("198.51.100.1", 80), connect("203.0.113.99", 80),
      connect("2001:db8::99", 80))""")
        assert said == "ECONNREFUSED ECONNREFUSED EHOSTUNREACH EHOSTUNREACH EACCES", said


def test_a_target_that_is_silent_is_silent():
    full = socket.socket()
    full.bind((HOST4, 0))
    full.listen(0)
    keep = [socket.socket() for _ in range(3)]
    for s in keep:  # fill its queue, so that it drops what comes
        s.setblocking(False)
        s.connect_ex(full.getsockname())
    time.sleep(0.2)
    with Sandbox() as box:
        said = box.run(CONNECT + f'print(connect("{HOST4}", {full.getsockname()[1]}, 2))')
        assert said == "silence", said


def test_half_close_and_large_data():
    def count(c):
        total = 0
        while data := c.recv(1 << 20):
            total += len(data)
        c.sendall(b"%d" % total)
        c.close()
    for host in (HOST4, HOST6):
        port = serve(count, host)
        with Sandbox() as box:
            said = box.run(f"""
c = socket.create_connection(("{host}", {port}))
for _ in range(64): c.sendall(bytes(1 << 20))
c.shutdown(socket.SHUT_WR)
print(c.recv(100).decode(), c.recv(1))""")
            assert said == f"{64 << 20} b''", said


def test_what_stays_on_this_machine_is_not_paced():
    with Sandbox() as box:
        for host in (HOST4, HOST6):
            said = box.run(f"""
c = socket.create_connection(("{host}", {serve(echo_all, host)}))
print(c.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(bytes(1)).decode())""")
            assert said == "reno", said


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def test_resets_both_ways_with_what_came_before():
    seen = []

    def outside_resets(c):
        c.sendall(b"last words")
        c.recv(1)
        reset(c)

    def inside_resets(c):
        try:
            while c.recv(100):
                pass
            seen.append("end")
        except ConnectionResetError:
            seen.append("reset")
    a, b = serve(outside_resets), serve(inside_resets)
    with Sandbox() as box:
        said = box.run(f"""
c = socket.create_connection(("{HOST4}", {a}))
print(c.recv(100).decode(), end=" ")
c.send(b"x")
try: print(c.recv(100))
except ConnectionResetError: print("reset")
c = socket.create_connection(("{HOST4}", {b}))
c.send(b"x"); time.sleep(0.2)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close(); time.sleep(0.3)""")
        assert said == "last words reset", said
        assert seen == ["reset"], seen


def test_the_last_words_and_how_they_ended_come_together():
    def last(close):
        def server(c):
            c.recv(1)
            box.net.send_signal(signal.SIGSTOP)
            c.sendall(b"last words")
            close(c)
            time.sleep(0.1)
            box.net.send_signal(signal.SIGCONT)
        return serve(server)
    with Sandbox() as box:
        for port, how in ((last(socket.socket.close), "end"), (last(reset), "reset")):
            said = box.run(f"""
c = socket.create_connection(("{HOST4}", {port}))
c.send(b"x")
print(c.recv(100).decode(), end=" ")
try: print("end" if c.recv(100) == b"" else "more")
except ConnectionResetError: print("reset")""")
            assert said == "last words " + how, said


def test_urgent_data_keeps_its_mark():
    seen = []

    def server(c):
        select.select([], [], [c], 5)
        data = c.recv(100)
        seen.append((data, c.recv(1, socket.MSG_OOB)))
        c.settimeout(5)
        rest = b""
        while len(rest) < 5:
            rest += c.recv(100)
        seen.append(rest)
        c.sendall(b"done")
        c.close()
    port = serve(server)
    with Sandbox() as box:
        said = box.run(f"""
c = socket.create_connection(("{HOST4}", {port}))
c.sendall(b"before"); time.sleep(0.2); c.send(b"!", socket.MSG_OOB); time.sleep(0.2); c.sendall(b"after")
print(c.recv(10).decode())""")
        assert said == "done" and seen == [(b"before", b"!"), b"after"], (said, seen)


def test_many_connections_at_once():
    # Two descriptors of the helper for each, and some for other things.
    wanted = min(MANY, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 3000) * 7 // 16)
    poll, listener = select.epoll(), socket.create_server((HOST4, 0), backlog=4096)
    clients, lock = {}, threading.Lock()

    def loop():
        poll.register(listener.fileno(), select.EPOLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == listener.fileno():
                    c, _ = listener.accept()
                    clients[c.fileno()] = c
                    poll.register(c.fileno(), select.EPOLLIN)
                elif data := os.read(fd, 100):
                    os.write(fd, data)
                else:
                    poll.unregister(fd)
                    clients.pop(fd).close()
    threading.Thread(target=loop, daemon=True).start()
    with Sandbox() as box:
        said = box.run(f"""
resource.setrlimit(resource.RLIMIT_NOFILE, ({wanted + 100}, {wanted + 100}))
all = [socket.create_connection(("{HOST4}", {listener.getsockname()[1]}), 30) for _ in range({wanted})]
for i, c in enumerate(all): c.send(b"%d" % i)
print(sum(c.recv(100) == b"%d" % i for i, c in enumerate(all)))
memory = [l for l in open("/proc/{box.net.pid}/status") if l.startswith("RssAnon")]
print(memory[0].split()[1])""", timeout=900)
        right, memory = map(int, said.split())
        assert right == wanted, (right, wanted)
        assert memory < wanted * 2 + 8192 or "asan" in helper, f"{memory} KiB for {wanted}"
        print(f"# {wanted} connections, {memory} KiB of the helper's own")


def test_no_descriptors_left_and_then_again():
    port = serve(echo_all)
    with Sandbox(limit=300) as box:
        said = box.run(CONNECT + f"""
keep = []
for i in range(200):
    s = socket.socket(); s.settimeout(0.2)
    try: s.connect(("{HOST4}", {port})); keep.append(s)
    except OSError: break
print(20 < len(keep) < 200)
for s in keep: s.close()
time.sleep(0.5)
print(connect("{HOST4}", {port}, 10))""")
        assert said == "True\nconnected", said


def test_a_killed_helper_leaves_no_way_out():
    port = serve(echo_all)
    with Sandbox() as box:
        box.net.kill()
        box.net.wait()
        box.net = None
        said = box.run(CONNECT + f'print(connect("{HOST4}", {port}, 1))')
        assert said in ("silence", "ENETUNREACH", "EHOSTUNREACH"), said


def test_a_stopped_helper_goes_on():
    port = serve(echo_all)
    with Sandbox() as box:
        box.net.send_signal(signal.SIGSTOP)
        threading.Timer(1.5, box.net.send_signal, [signal.SIGCONT]).start()
        assert box.run(CONNECT + f'print(connect("{HOST4}", {port}, 10))') in ("connected",)


def test_idle_costs_no_time():
    with Sandbox() as box:
        time.sleep(1)
        before = open(f"/proc/{box.net.pid}/status").read()
        time.sleep(2)
        after = open(f"/proc/{box.net.pid}/status").read()
        switches = [int(l.split()[1]) for s in (before, after) for l in s.splitlines() if l.startswith("voluntary")]
        # What the kernel inside says to its neighbours by itself may come by.
        assert switches[1] - switches[0] <= 8, switches


def test_frames_of_every_kind_do_no_harm():
    port = serve(echo_all)
    with Sandbox() as box:
        said = box.run(CONNECT + f"""
import random
random.seed(1)
p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); p.bind(("tap0", 0))
good = bytes.fromhex("52550a000202" "020000000001" "0800" "4500003c000040004006000" "00a000264cb00710a") + bytes(24)
for i in range(20000):
    kind = i % 4
    if kind == 0: f = os.urandom(random.randrange(14, 1500))
    elif kind == 1:
        f = bytearray(good); f[random.randrange(12, len(f))] = random.randrange(256)
    elif kind == 2: f = good[:random.randrange(14, len(good))]
    else: f = good[:12] + b"\\x86\\xdd\\x60" + os.urandom(random.randrange(40, 200))
    try: p.send(bytes(f))
    except OSError: pass
print(connect("{HOST4}", {port}, 20))""")
        assert said == "connected", said
        assert box.net.poll() is None


def test_without_a_tap():
    port = serve(echo_all)
    with Sandbox("--without", "tap") as box:
        said = box.run(CONNECT + f"""
c = socket.create_connection(("{HOST4}", {port}), 5); c.sendall(b"hello"); print(c.recv(10).decode(), end=" ")
# It is accepted first; the reset may come before connect() has returned.
try: c = socket.create_connection(("{HOST4}", 1), 5); print(c.recv(1))
except ConnectionResetError: print("reset")""")
        assert said == "hello reset", said


def test_without_a_redirection():
    port = serve(echo_all)
    with Sandbox("--without", "redirection") as box:
        said = box.run(CONNECT + f"""
c = socket.create_connection(("{HOST4}", {port}), 5); c.sendall(b"hello"); print(c.recv(10).decode())
print(connect("{HOST4}", 1), connect("203.0.113.99", {port}))""")
        assert said == "hello\nECONNREFUSED EHOSTUNREACH", said


# Connections begin; "held" where none has an answer after a while; then, after a word on the input, how each ended.
BEGIN = """
def begin(address, port):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.setblocking(False); s.connect_ex((address, port)); return s
def end(s):
    if not select.select([], [s], [], 10)[1]: return "silence"
    # tcpi_total_retrans: the kernel had to send the SYN again.
    if struct.unpack("I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[100:])[0]: return "late"
    code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code: return errno.errorcode[code]
    s.setblocking(True); s.settimeout(10); s.sendall(b"x" * 200000); s.shutdown(socket.SHUT_WR)
    total = 0
    while data := s.recv(65536): total += len(data)
    return str(total)
"""


def held_connections(box, port4, port6, go_on):
    """What becomes of connections that begin before it is known how TCP leaves, once go_on() was called; None where they
    were not held, or where that took so long that the kernel began them again."""
    inside = start(*box.command(BEGIN + f"""
all = [begin(*to) for to in (("{HOST4}", {port4}), ("{HOST6}", {port6}), ("{HOST4}", 1), ("203.0.113.99", 5))]
time.sleep(0.3)
print("answered" if select.select([], all, [], 0)[1] else "held", flush=True)
sys.stdin.readline()
print(*map(end, all))
print(*[end(begin(*to)) for to in (("{HOST4}", {port4}), ("{HOST6}", {port6}))])"""),
                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held = inside.stdout.readline().strip()
    go_on()
    said = inside.communicate("go\n", timeout=60)[0].split("\n")[:2]
    return said if held == "held" and "late" not in said[0] else None


def child_that_redirects(box):
    for child in open(f"/proc/{box.net.pid}/task/{box.net.pid}/children").read().split():
        try:
            if open(f"/proc/{child}/comm").read().strip() == "hutch-net-setup":
                return int(child)
        except OSError:
            pass
    return None


def with_a_stopped_child(signals):
    """A sandbox whose TCP is not led anywhere yet; the child that should is stopped, and later gets the signals."""
    port4, port6 = serve(echo_all), serve(echo_all, HOST6)
    # It does not live long, and may have ended in between.
    for _ in range(40):
        with Sandbox() as box:
            deadline = time.monotonic() + 2
            while not (child := child_that_redirects(box)) and time.monotonic() < deadline:
                pass
            if not child:
                continue
            try:
                os.kill(child, signal.SIGSTOP)
            except ProcessLookupError:
                continue
            said = held_connections(box, port4, port6, lambda: [os.kill(child, s) for s in signals])
            if said:
                return said
    raise AssertionError("no connection was held")


def test_connections_before_the_redirection_are_held_and_then_made():
    said = with_a_stopped_child([signal.SIGCONT])
    assert said == ["200000 200000 ECONNREFUSED EHOSTUNREACH", "200000 200000"], said


def test_a_lost_redirection_refuses_what_was_held_and_what_comes():
    said = with_a_stopped_child([signal.SIGKILL])
    # As from a router that has no way to the host; IPv6 says the same with the same word.
    assert said == ["EHOSTUNREACH EHOSTUNREACH EHOSTUNREACH EHOSTUNREACH", "EHOSTUNREACH EHOSTUNREACH"], said


class Libraries:
    """Where libnftables can't be loaded: a pipe, which tells when somebody tries and holds them up until it is closed."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp()
        os.mkfifo(self.directory + "/libnftables.so.1")
        return self

    def fail(self):
        os.close(os.open(self.directory + "/libnftables.so.1", os.O_WRONLY))

    def __exit__(self, *_):
        shutil.rmtree(self.directory)


def test_connections_before_a_redirection_that_fails_go_through_libslirp():
    port4, port6 = serve(echo_all), serve(echo_all, HOST6)
    for _ in range(10):
        with Libraries() as libraries, Sandbox(libraries=libraries.directory) as box:
            said = held_connections(box, port4, port6, libraries.fail)
        if said:
            break
    assert said == ["200000 200000 ECONNREFUSED EHOSTUNREACH", "200000 200000"], said


def test_rules_by_name_do_not_start_before_the_redirection():
    with Libraries() as libraries:
        threading.Timer(0.5, libraries.fail).start()
        box = Sandbox("--allow", "example.org", libraries=libraries.directory)
        said = box.net.stderr.read().decode()
        assert not box.ready and "rules by name need nftables" in said and box.net.wait() == 125, (box.ready, said)
        box.net = None
        box.close()


def test_rates_are_kept():
    def flood(c):
        try:
            while True:
                c.sendall(bytes(65536))
        except OSError:
            pass
    port = serve(flood)
    with Sandbox("--limit-down", "2M") as box:
        said = int(box.run(f"""
c = socket.create_connection(("{HOST4}", {port}), 5)
end = time.monotonic() + 2; total = 0
while time.monotonic() < end: total += len(c.recv(1 << 20))
print(total)"""))
        # What is in buffers comes at once.
        assert said < 3 * (2 << 20), said


class Controlled(Sandbox):
    """The same with the launcher's socket: `control`, by which all that is said comes."""

    def __init__(self, *options, keep=()):
        super().__init__(attach=False)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        namespaces = [os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY) for kind in ("user", "net")]
        self.net = start(helper, "--control-fd", str(theirs.fileno()), *options, pass_fds=[theirs.fileno(), *keep],
                         stderr=subprocess.PIPE)
        theirs.close()
        socket.send_fds(self.control, [b"\0"], namespaces)
        for fd in namespaces:
            os.close(fd)
        self.control.settimeout(10)
        ready = self.hear()
        self.ready = ready["type"] == "ready" and ready["tcp"] == "pending"

    def __enter__(self):
        known = self.hear()
        assert known["type"] == "tcp" and known["tcp"] in ("tproxy", "slirp"), known
        self.tcp = known["tcp"]
        return super().__enter__()

    def hear(self):
        return json.loads(self.control.recv(65536))

    def deny(self, rule):
        self.control.send(json.dumps({"type": "deny", "rule": rule}).encode())
        assert self.hear() == {"type": "denied"}


def test_a_launcher_that_is_done_before_the_redirection_begins():
    with tempfile.TemporaryFile() as packets:
        box = Controlled("--pcap-fd", str(packets.fileno()), keep=[packets.fileno()])
        box.control.shutdown(socket.SHUT_WR)
        said = box.hear()["type"], box.control.recv(100), box.net.wait(10)
        box.net = None
        box.close()
        assert said == ("counters", b"", 0) and os.fstat(packets.fileno()).st_size == 24, said


def test_control_messages():
    port = serve(echo_all)
    with Controlled("--allow", HOST4) as box:
        box.run(CONNECT + f'connect("{HOST4}", {port}); connect("203.0.113.99", 5)')
        refused = box.hear()
        assert refused["type"] == "refused" and refused["destination"] == "203.0.113.99:5" and refused["option"], refused
        box.deny(HOST4)
        assert box.run(CONNECT + f'print(connect("{HOST4}", {port}))') == "EHOSTUNREACH"
        box.hear()
        box.control.send(b'{"type":"counters?"}')
        counters = box.hear()
        assert counters["type"] == "counters" and counters["connections"] == 1 and counters["refused"] == 2, counters
        box.control.close()
        box.net.wait(5)


def test_a_rule_that_comes_while_a_connection_is_made_is_kept():
    full = socket.create_server((HOST4, 0), backlog=0)
    keep = [socket.socket() for _ in range(3)]
    for s in keep:  # fill its queue, so that it drops what comes
        s.setblocking(False)
        s.connect_ex(full.getsockname())
    time.sleep(0.2)
    with Controlled("--allow", HOST4) as box:
        inside = start(*box.command(BEGIN + f"""
c = begin("{HOST4}", {full.getsockname()[1]}); time.sleep(0.3); print("begun", flush=True)
select.select([], [c], [], 20); c.setblocking(True); c.settimeout(10)
try: print(c.recv(1) or "end")
except OSError as e: print(errno.errorcode[e.errno])"""), stdout=subprocess.PIPE, text=True)
        assert inside.stdout.readline() == "begun\n"
        box.deny(HOST4)

        def greet():
            while True:
                c = full.accept()[0]
                try:
                    c.sendall(b"hello")
                except OSError:
                    pass
                keep.append(c)
        threading.Thread(target=greet, daemon=True).start()
        said = inside.communicate(timeout=30)[0].strip()
        assert said in ("ECONNRESET", "ECONNREFUSED", "EHOSTUNREACH"), said


def main():
    if "HUTCH_NET_INSIDE" not in os.environ:
        if subprocess.run(["unshare", "-Urnm", "true"], capture_output=True).returncode:
            print("SKIP: no user and network namespaces here")
            sys.exit(77)
        os.environ["HUTCH_NET_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-Urnm", "--propagation", "private", sys.executable] + sys.argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for command in ("link set lo up", f"address add {HOST4}/32 dev lo", f"address add {HOST6}/128 dev lo nodad"):
        subprocess.check_call(["ip"] + command.split())
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    tests = [(n, f) for n, f in tests if not sys.argv[2:] or any(a in n for a in sys.argv[2:])]
    need_tun = not os.access("/dev/net/tun", os.R_OK | os.W_OK)
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        label = f"{number} {name[5:].replace('_', ' ')}"
        if need_tun and name != "test_without_a_tap":
            print(f"ok {label} # SKIP /dev/net/tun can't be opened (chmod 0666 /dev/net/tun)", flush=True)
            continue
        try:
            function()
            print(f"ok {label}", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError, ValueError) as e:
            failed += 1
            print(f"not ok {label}\n# {type(e).__name__}: {str(e)[:1500]}", flush=True)
    os._exit(1 if failed else 0)


main()
