#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""helpers.py stand DIRECTORY         stands for a sound server and a message bus (sockets there, the bus by that name without a file, too)
                                   and notes in DIRECTORY/arrived what comes
helpers.py try HELPER ATTEMPT…     what a hostile program inside says to a helper; prints what it hears to each

The servers do what they are told, and more than real ones: whoever gets something past a helper is seen here.
"""
import array
import os
import socket
import struct
import sys
import threading

CREATE_PLAYBACK, AUTH, SINK_INPUT, KILL_SINK_INPUT, BUFFER = 3, 8, 29, 49, 72
COMMANDS = {CREATE_PLAYBACK: 'create', SINK_INPUT: 'look', KILL_SINK_INPUT: 'kill', BUFFER: 'buffer'}
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4


# --- the language of sound servers ---

def u32(*numbers):
    return b''.join(b'L' + struct.pack('>I', number) for number in numbers)


def frame(body):
    return struct.pack('>IIIII', len(body), 0xffffffff, 0, 0, 0) + body


def numbers_of(body):
    """Those that it begins with."""
    numbers = []
    while body[:1] == b'L' and len(body) >= 5:
        numbers.append(struct.unpack('>I', body[1:5])[0])
        body = body[5:]
    return numbers


class Stream:
    """What comes over a connection, and the descriptors with it."""

    def __init__(self, connection):
        self.connection, self.data, self.descriptors = connection, b'', 0

    def read(self, length):
        while len(self.data) < length:
            more, ancillary, _, _ = self.connection.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
            for _, kind, data in ancillary:
                if kind == socket.SCM_RIGHTS:
                    fds = array.array('i')
                    fds.frombytes(data[:len(data) // 4 * 4])
                    self.descriptors += len(fds)
                    for fd in fds:
                        os.close(fd)
            if not more:
                raise EOFError
            self.data += more
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def line(self):
        line = b''
        while not line.endswith(b'\n'):
            line += self.read(1)
        return line


def sound_server(stream, note):
    while True:
        length = struct.unpack('>I', stream.read(20)[:4])[0]
        numbers = numbers_of(stream.read(length))
        if stream.descriptors:
            note('sound: a descriptor')
            stream.descriptors = 0
        command, tag, rest = numbers[0], numbers[1], numbers[2:]
        note(f'sound: {COMMANDS.get(command, command)} {rest[0] if rest and command != BUFFER else ""}'.rstrip())
        answer = {AUTH: [35], CREATE_PLAYBACK: [1, 41], BUFFER: rest[1:]}.get(command, [])
        stream.connection.sendall(frame(u32(2, tag, *answer)))


# --- the language of message buses ---

def align(data, size):
    return data + bytes(-len(data) % size)


def text(string):
    data = string.encode()
    return struct.pack('<I', len(data)) + data + b'\0'


def message(kind, serial, fields, body=b''):
    """FIELDS: (number, signature, value) of the header."""
    header = b''
    for number, signature, value in fields:
        header = align(header, 8) + bytes([number, 1]) + signature.encode() + b'\0'
        if signature == 'g':
            header += bytes([len(value)]) + value.encode() + b'\0'
        else:
            header = align(header, 4) + (struct.pack('<I', value) if signature == 'u' else text(value))
    return align(b'l' + bytes([kind, 0, 1]) + struct.pack('<III', len(body), serial, len(header)) + header, 8) + body


def call(serial, destination, member, kind=CALL):
    return message(kind, serial, [(1, 'o', '/x'), (2, 's', 'org.example.Iface'), (3, 's', member), (6, 's', destination)])


def header_of(data):
    """Numbers of fields, and their values as text."""
    fields, at, end = {}, 16, 16 + struct.unpack('<I', data[12:16])[0]
    while at < end:
        at += -at % 8
        number, signature = data[at], data[at + 2:at + 3]
        at += 4
        if signature == b'g':
            fields[number] = data[at + 1:at + 1 + data[at]].decode()
            at += data[at] + 2
            continue
        at += -at % 4
        value = struct.unpack('<I', data[at:at + 4])[0]
        at += 4
        fields[number] = value
        if signature != b'u':
            fields[number] = data[at:at + value].decode()
            at += value + 1
    return fields


def read_message(stream):
    fixed = stream.read(16)
    body, _, fields = struct.unpack('<III', fixed[4:16])
    return fixed + stream.read(fields + -fields % 8 + body)


def bus(stream, note):
    stream.read(1)
    while True:
        line = stream.line()
        # As a bus that ends the handshake where another reader would not yet
        if line.startswith(b'BEGIN'):
            break
        stream.connection.sendall(b'OK 0123456789abcdef0123456789abcdef\r\n' if line.startswith(b'AUTH') else b'AGREE_UNIX_FD\r\n')
    serial = 0
    while True:
        data = read_message(stream)
        fields, kind, number = header_of(data), data[1], struct.unpack('<I', data[8:12])[0]
        note(f'bus: {["", "call", "return", "error", "signal"][kind]} {fields.get(3, "")} {fields.get(6, "")}'.replace('  ', ' ').rstrip())
        if fields.get(3) in ('OpenURI', 'OpenFile'):
            note('bus: asks' if b'ask\0\1b\0' in data else 'bus: does not ask')
        if kind != CALL:
            continue
        serial += 1
        answer = {'Hello': ('s', text(':1.1')), 'GetNameOwner': ('s', text(':1.2')), 'OpenURI': ('o', text('/request'))}.get(fields.get(3))
        sender = ':1.2' if fields.get(6, '').startswith('org.example') else 'org.freedesktop.DBus'
        stream.connection.sendall(message(RETURN, serial, [(5, 'u', number), (6, 's', ':1.1'), (7, 's', sender)] +
                                          ([(8, 'g', answer[0])] if answer else []), answer[1] if answer else b''))
        if fields.get(3) == 'OpenURI':
            stream.connection.sendall(message(SIGNAL, serial + 1, [(1, 'o', '/request'), (2, 's', 'org.freedesktop.portal.Request'),
                                                                   (3, 's', 'Response'), (8, 'g', 'ua{sv}')], struct.pack('<II', 0, 0)))


def stand(directory):
    with open(directory + '/arrived', 'w', buffering=1, encoding='utf-8') as arrived:
        def serve(connection, server):
            try:
                server(Stream(connection), lambda what: arrived.write(what + '\n'))
            except (EOFError, OSError):
                connection.close()

        def listen(address, server):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()

            def accept():
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0], server), daemon=True).start()
            return threading.Thread(target=accept)

        servers = [listen(f'\0{directory}/bus', bus), listen(f'{directory}/sound', sound_server), listen(f'{directory}/bus', bus)]
        for server in servers:
            server.start()
        for server in servers:
            server.join()


# --- inside ---

def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(path)
    return connection


def say_to_sound(*bodies, descriptor=False):
    """All at once, and what is answered to each: reply or error."""
    connection = connect(os.environ['PULSE_SERVER'].removeprefix('unix:'))
    data = frame(u32(AUTH, 0, 35) + b'x' + struct.pack('>I', 256) + bytes(256))
    if descriptor:
        socket.send_fds(connection, [data], [0])
    else:
        connection.sendall(data)
    stream = Stream(connection)

    def answer():
        length = struct.unpack('>I', stream.read(20)[:4])[0]
        return 'error' if numbers_of(stream.read(length))[0] == 0 else 'reply'

    answers = [answer()]
    for together in bodies:
        connection.sendall(b''.join(frame(body) for body in together))
        answers += sorted(answer() for _ in together)
    return ' '.join(answers)


def say_to_bus(data, begin=b'BEGIN\r\n'):
    connection = connect(os.environ['DBUS_SESSION_BUS_ADDRESS'].removeprefix('unix:path=').split(',')[0])
    stream = Stream(connection)
    connection.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
    stream.line()
    connection.sendall(begin + message(CALL, 1, [(1, 'o', '/org/freedesktop/DBus'), (3, 's', 'Hello'), (6, 's', 'org.freedesktop.DBus'),
                                                 (2, 's', 'org.freedesktop.DBus')]) + data)
    # The last word, so that all before it has been read
    connection.sendall(call(99, 'org.example.Allowed', 'Last'))
    try:
        while True:
            if header_of(read_message(stream)).get(5) == 99:
                return 'served'
    except (EOFError, ConnectionError, TimeoutError) as e:
        return 'hung up' if not isinstance(e, TimeoutError) else 'silence'


def say_to_links(data):
    connection = connect('/run/hutch-links')
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    return {b'': 'hung up', b'\0': 'opened', b'\2': 'refused'}.get(connection.recv(1), 'failed')


ATTEMPTS = {
    # What is right, so that a helper which serves nothing at all is no pass
    ('sound', 'own-stream'): lambda: say_to_sound([u32(CREATE_PLAYBACK, 1)], [u32(SINK_INPUT, 2, 41)]),
    # The sizes of a buffer are the client's to choose, and come back: as the answer to a stream they would be its number
    ('sound', 'tag-twice'): lambda: say_to_sound([u32(BUFFER, 7, 1, 4096, 9, 9, 9), u32(CREATE_PLAYBACK, 7)], [u32(KILL_SINK_INPUT, 8, 9)]),
    ('sound', 'descriptor'): lambda: say_to_sound([u32(CREATE_PLAYBACK, 1)], descriptor=True),
    ('bus', 'allowed'): lambda: say_to_bus(call(2, 'org.example.Allowed', 'Ask')),
    # Two readers of the handshake: one takes this for its end, the other not (CVE-2018-6560)
    ('bus', 'begin-with-more'): lambda: say_to_bus(call(2, 'org.example.Other', 'Ask'), b'BEGIN x\r\n'),
    ('bus', 'begin-with-blank'): lambda: say_to_bus(call(2, 'org.example.Other', 'Ask'), b'BEGIN \r\n'),
    ('bus', 'begin-twice'): lambda: say_to_bus(call(2, 'org.example.Other', 'Ask'), b'BEGIN\nBEGIN\r\n'),
    # What nobody asked for
    ('bus', 'signal-to-one'): lambda: say_to_bus(call(2, 'org.example.Other', 'Told', SIGNAL)),
    ('bus', 'answer-unasked'): lambda: say_to_bus(message(RETURN, 2, [(5, 'u', 1), (6, 's', 'org.example.Other')])),
    ('bus', 'error-unasked'): lambda: say_to_bus(message(ERROR, 2, [(4, 's', 'org.example.E'), (5, 'u', 1), (6, 's', 'org.example.Other')])),
    ('links', 'file'): lambda: say_to_links(b'FiLe:///etc/passwd'),
    ('links', 'nul'): lambda: say_to_links(b'https://a.example\0file:///etc/passwd'),
    ('links', 'control'): lambda: say_to_links(b'https://a.example/\x1b[2J'),
    ('links', 'option'): lambda: say_to_links(b'--help'),
    ('links', 'long'): lambda: say_to_links(b'https://a.example/' + bytes(5000).replace(b'\0', b'a')),
    ('links', 'empty'): lambda: say_to_links(b''),
    ('links', 'asked'): lambda: say_to_links(b'https://a.example/'),
}


def attempt(helper, name):
    try:
        return ATTEMPTS[helper, name]()
    except (EOFError, ConnectionError):
        return 'hung up'


if __name__ == '__main__':
    if sys.argv[1] == 'stand':
        stand(sys.argv[2])
    else:
        for each in sys.argv[3:]:
            print(f'{each}: {attempt(sys.argv[2], each)}')
