# SPDX-License-Identifier: GPL-2.0-or-later
"""odd.py - servers that behave as few do, each on a port of every address, and resolvers on addresses of their own."""
import asyncio
import hashlib
import socket
import struct
import sys


async def until_end(reader, writer):
    """7100: takes everything until the other side has no more to say, and only then says what it was."""
    digest, count = hashlib.sha256(), 0
    while data := await reader.read(65536):
        digest.update(data)
        count += len(data)
    writer.write(f"{count} {digest.hexdigest()}\n".encode())
    await writer.drain()
    writer.close()


async def reset(reader, writer):
    """7101: breaks off."""
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def never_reads(reader, writer):
    """7102: takes a connection and nothing of it."""
    writer.transport.pause_reading()
    await asyncio.sleep(3600)


async def large(reader, writer):
    """7104: 64 MiB of zeros, then the end."""
    for _ in range(1024):
        writer.write(bytes(65536))
        await writer.drain()
    writer.close()


async def echo(reader, writer):
    """7107: what comes goes back."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def closes(reader, writer):
    """7108: ends its own side at once and still listens."""
    writer.write_eof()
    data = await reader.read()
    with open(sys.argv[1], "a") as log:
        log.write(f"after-eof {data.decode(errors='replace')}\n")
    writer.close()


def urgent():
    """7105: says which byte was urgent. A thread, since asyncio knows nothing of them."""
    import select
    import threading

    def serve(listener):
        while True:
            connection, _ = listener.accept()
            select.select([], [], [connection], 5)
            try:
                connection.sendall(b"urgent " + connection.recv(1, socket.MSG_OOB))
            except OSError as e:
                connection.sendall(str(e).encode())
            connection.close()

    listener = socket.create_server(("0.0.0.0", 7105))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()


def record(query, address, ttl=1):
    return query[12:] and b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, ttl, 4) + socket.inet_aton(address)


def answer(query, records, flags=0x8180, identifier=None, name=None):
    end = query.index(b"\0", 12) + 5
    asked = query[12:end] if name is None else name + query[end - 4:end]
    return (query[:2] if identifier is None else identifier) + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) \
        + asked + b"".join(records)


class Resolver(asyncio.DatagramProtocol):
    def __init__(self, behave):
        self.behave = behave

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        asyncio.get_running_loop().create_task(self.behave(self.transport, data, peer))


async def slow(transport, query, peer):
    await asyncio.sleep(1.2)
    kind = struct.unpack("!H", query[query.index(b"\0", 12) + 1:][:2])[0]
    transport.sendto(answer(query, [record(query, "203.0.113.10")] if kind == 1 else []), peer)


async def lies(transport, query, peer):
    """Answers to what was not asked, broken ones, and one that says the name is this machine's loopback."""
    bad = record(query, "127.0.0.1")
    for packet in (answer(query, [bad], identifier=b"\0\0"),
                   answer(query, [bad], name=b"\x05other\x07example\0"),
                   query[:12], b"", query[:2] + b"\xff" * 500,
                   query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + b"\xc0\x0c" + query[-4:] + b"\xc0\x0c",
                   answer(query, [bad] * 3)):
        transport.sendto(packet, peer)


async def silent(transport, query, peer):
    pass


async def main():
    loop = asyncio.get_running_loop()
    for port, serve in ((7100, until_end), (7101, reset), (7102, never_reads), (7104, large), (7107, echo), (7108, closes)):
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            await asyncio.start_server(serve, host, port, family=family, backlog=4096)
    for address, behave in (("203.0.113.62", slow), ("203.0.113.63", lies), ("203.0.113.64", silent)):
        await loop.create_datagram_endpoint(lambda behave=behave: Resolver(behave), local_addr=(address, 53))
    urgent()
    await asyncio.Event().wait()


asyncio.run(main())
