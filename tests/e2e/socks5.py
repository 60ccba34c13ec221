#!/usr/bin/env python3
"""A SOCKS5 proxy on loopback for tests (RFC 1928, RFC 1929).

  socks5.py READY SEEN [MODE]

Writes its port to the file READY, and a line to SEEN for each request: the
login (or "-"), the kind of address, host and port. MODE: open (default), login
(a login is needed: user "u", password "p"), refuse (connects nowhere), broken
(closes amid its answer), http (is none), silent (never answers).
"""

import os
import socket
import struct
import sys
import threading

READY, SEEN = sys.argv[1:3]
MODE = sys.argv[3] if len(sys.argv) > 3 else "open"


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def pipe(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def log_in(connection):
    """Returns the login that was used."""
    _, count = receive(connection, 2)
    methods = receive(connection, count)
    # As Tor: a login is preferred where it is offered.
    if 2 not in methods:
        connection.sendall(b"\x05\xff" if MODE == "login" else b"\x05\x00")
        return "-"
    connection.sendall(b"\x05\x02")
    receive(connection, 1)
    user = receive(connection, receive(connection, 1)[0])
    password = receive(connection, receive(connection, 1)[0])
    good = MODE != "login" or (user, password) == (b"u", b"p")
    connection.sendall(b"\x01\x00" if good else b"\x01\x01")
    if not good:
        raise EOFError
    return f"{user.decode()}:{password.decode()}"


def read_address(connection):
    _, command, _, kind = receive(connection, 4)
    assert command == 1
    if kind == 3:
        host = receive(connection, receive(connection, 1)[0]).decode()
    else:
        family = socket.AF_INET if kind == 1 else socket.AF_INET6
        host = socket.inet_ntop(family, receive(connection,
                                                4 if kind == 1 else 16))
    return kind, host, struct.unpack("!H", receive(connection, 2))[0]


def serve(connection):
    if MODE == "silent":
        receive(connection, 1 << 20)
    if MODE == "http":
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()
        return
    login = log_in(connection)
    kind, host, port = read_address(connection)
    with open(SEEN, "a") as seen:
        seen.write(f"{login} {kind} {host} {port}\n")
    if MODE == "refuse":
        connection.sendall(b"\x05\x05\x00\x01" + bytes(6))
        connection.close()
        return
    if MODE == "broken":
        connection.sendall(b"\x05\x00")
        connection.close()
        return
    server = socket.create_connection((host, port))
    name = b"proxy.example"
    connection.sendall(b"\x05\x00\x00\x03" + bytes([len(name)]) + name +
                       bytes(2))
    threading.Thread(target=pipe, args=(server, connection),
                     daemon=True).start()
    pipe(connection, server)


def serve_quietly(connection):
    try:
        serve(connection)
    except (EOFError, OSError):
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
with open(READY + ".new", "w") as ready:
    ready.write(f"{listener.getsockname()[1]}\n")
os.rename(READY + ".new", READY)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve_quietly, args=(accepted,),
                     daemon=True).start()
