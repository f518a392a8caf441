# SPDX-License-Identifier: GPL-2.0-or-later
"""probe.py - read cases, one a line (ID PROBE ARGUMENTS…), try each, and say "ID reached" or "ID refused REASON"."""
import concurrent.futures
import os
import socket
import ssl
import struct
import sys

PATIENCE = 2.0


def resolver():
    with open("/etc/resolv.conf") as file:
        return next(line.split()[1] for line in file if line.startswith("nameserver"))


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def talk(connection, text):
    connection.settimeout(PATIENCE)
    connection.sendall(text.encode())
    return connection.recv(4096).startswith(b"reached")


def tcp(case, address, port):
    with socket.socket(family_of(address), socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect((address, int(port)))
        return talk(connection, case)


def udp(case, address, port):
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        connection.settimeout(PATIENCE)
        target = (address, int(port)) if ":" not in address else (address, int(port), 0, link(address))
        connection.sendto(case.encode(), target)
        return connection.recv(4096).startswith(b"reached")


def link(address):
    """The interface for an address that means a link: the first that is not the loopback."""
    if not address.startswith(("ff", "fe80")):
        return 0
    return next((index for index, name in socket.if_nameindex() if name != "lo"), 0)


def icmp(case, address):
    six = ":" in address
    with socket.socket(family_of(address), socket.SOCK_DGRAM,
                       socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP) as connection:
        connection.settimeout(PATIENCE)
        connection.connect((address, 0))
        connection.send(struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0, 1) + case.encode())
        return case.encode() in connection.recv(4096)


def name(case, host, port):
    error = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind, protocol) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(address)
                if talk(connection, case):
                    return True
        except OSError as e:
            error = e
    raise error


def udpname(case, host, port):
    return udp(case, socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0][4][0], port)


def notation(case, text, port):
    """What inet_aton(3) understands, as many programs do."""
    return tcp(case, socket.inet_ntoa(socket.inet_aton(text)), port)


def hostloop(case, probe, address, port):
    """127.0.0.1 is the sandbox's own; what answers there must not be the host."""
    return {"tcp": tcp, "udp": udp}[probe](case, address, port)


def page(connection, case, host):
    connection.sendall(f"GET /name?{case} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def tls(case, host, port, server_name):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, int(port)), PATIENCE) as plain:
        with context.wrap_socket(plain, server_hostname=None if server_name == "-" else server_name) as connection:
            return page(connection, case, host if server_name == "-" else server_name)


def http(case, host, port, named):
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        return page(connection, case, named)


TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "AXFR": 252, "ANY": 255}


def question(host, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split("."))
    return struct.pack("!HHHHHH", 4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", TYPES[kind], 1)


def answered(packet):
    """Whether it is an answer without an error that has records in it."""
    _, flags, _, answers, _, _ = struct.unpack("!HHHHHH", packet[:12])
    return flags & 15 == 0 and answers > 0


def resolveat(case, server, host, kind="A"):
    with socket.socket(family_of(server), socket.SOCK_DGRAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect((server, 53))
        connection.send(question(host, kind))
        return answered(connection.recv(65535))


def resolvetcp(case, server, host):
    with socket.create_connection((server, 53), PATIENCE) as connection:
        asked = question(host, "A")
        connection.sendall(struct.pack("!H", len(asked)) + asked)
        return answered(connection.recv(65535)[2:])


def resolve(case, host, kind):
    return resolveat(case, resolver(), host, kind)


def sockets(case, which):
    family, kind = {"packet": (17, socket.SOCK_RAW), "raw": (socket.AF_INET, socket.SOCK_RAW),
                    "vsock": (40, socket.SOCK_STREAM)}[which]
    with socket.socket(family, kind, socket.IPPROTO_ICMP if which == "raw" else 0) as made:
        if which == "vsock":
            made.settimeout(PATIENCE)
            made.connect((2, 22))
        return True


PROBES = {"tcp": tcp, "udp": udp, "icmp": icmp, "name": name, "udpname": udpname, "notation": notation,
          "hostloop": hostloop, "tls": tls, "http": http, "resolve": resolve, "resolveat": resolveat,
          "resolvetcp": resolvetcp, "socket": sockets}


def attempt(line):
    case, probe, *arguments = line.split()
    try:
        return f"{case} reached" if PROBES[probe](case, *arguments) else f"{case} refused answered by somebody else"
    except (OSError, ssl.SSLError, IndexError, struct.error) as e:
        return f"{case} refused {type(e).__name__}: {e}"


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for result in pool.map(attempt, sys.stdin.read().splitlines()):
        print(result, flush=True)
os._exit(0)
