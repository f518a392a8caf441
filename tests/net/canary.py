# SPDX-License-Identifier: GPL-2.0-or-later
"""canary.py LOG FIRST LAST - answer on TCP and UDP ports, both families, and write down who was reached and with what:
"tcp ADDRESS PORT TEXT". Also joins the groups for "all hosts" and mDNS, and hears broadcasts."""
import asyncio
import socket
import struct
import sys

log = open(sys.argv[1], "a", buffering=1)


def note(protocol, address, port, data):
    text = "".join(chr(c) if 32 < c < 127 else "." for c in data[:200])
    log.write(f"{protocol} {address} {port} {text}\n")


async def serve(reader, writer):
    address, port = writer.get_extra_info("sockname")[:2]
    try:
        data = await asyncio.wait_for(reader.read(4096), 3)
        note("tcp", address, port, data)
        writer.write(b"reached " + address.encode() + b"\n")
        await writer.drain()
        writer.close()
    except (asyncio.TimeoutError, OSError):
        note("tcp", address, port, b"(nothing)")
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        note("udp", "any", self.transport.get_extra_info("sockname")[1], data)
        self.transport.sendto(b"reached " + data, peer)


async def main():
    loop = asyncio.get_running_loop()
    for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            await asyncio.start_server(serve, host, port, family=family)
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if family == socket.AF_INET6:
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            udp.bind((host, port))
            for index, _ in socket.if_nameindex():
                try:
                    if family == socket.AF_INET:
                        udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack(
                            "4s4si", socket.inet_aton("224.0.0.251"), b"\0\0\0\0", index))
                    else:
                        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, struct.pack(
                            "16sI", socket.inet_pton(family, "ff02::fb"), index))
                except OSError:
                    pass
            udp.setblocking(False)
            await loop.create_datagram_endpoint(Datagrams, sock=udp)
    with open(sys.argv[1] + ".ready", "w") as file:
        file.write("ready\n")
    await asyncio.Event().wait()


asyncio.run(main())
