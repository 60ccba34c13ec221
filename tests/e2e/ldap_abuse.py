#!/usr/bin/env python3
"""Sends what no LDAP client should send, and says what is wrong with the answer.

ldap_abuse.py PORT
"""

import socket
import sys


def tlv(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + content


def search(message_id, search_filter):
    return tlv(0x30, tlv(2, bytes([message_id])) + tlv(0x63, (
        tlv(4, b"") + tlv(10, b"\2") + tlv(10, b"\0") + tlv(2, b"\0") +
        tlv(2, b"\0") + tlv(1, b"\0") + search_filter + tlv(0x30, b""))))


def equal(value):
    return tlv(0xa3, tlv(4, b"mail") + tlv(4, value))


class Client:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=30)
        self.bytes = b""

    def need(self, size):
        while len(self.bytes) < size:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError("the server closed")
            self.bytes += more

    def result(self):
        """(id, result code, text) of the next message that is no entry."""
        while True:
            self.need(2)
            count = max(0, self.bytes[1] - 128) if self.bytes[1] >= 128 else 0
            self.need(2 + count)
            size = (int.from_bytes(self.bytes[2:2 + count], "big")
                    if count else self.bytes[1])
            self.need(2 + count + size)
            body = self.bytes[2 + count:2 + count + size]
            self.bytes = self.bytes[2 + count + size:]
            message_id, body = body[2], body[3:]
            if body[0] == 0x64:
                continue
            skip = 2 + max(0, body[1] - 128 if body[1] >= 128 else 0)
            return message_id, body[skip + 2], body[skip + 3:]


def check(name, holds, seen):
    if not holds:
        sys.exit(f"FAILED: {name}: {seen}")
    print(f"ok: {name}")


def refused(name, search_filter, code, word):
    """It is refused by its id, and the connection goes on."""
    client = Client()
    client.socket.sendall(search(7, search_filter) + search(8, ALICE))
    first, second = client.result(), client.result()
    check(name, first[:2] == (7, code) and word in first[2] and
          second[:2] == (8, 0), (first, second))


PORT = int(sys.argv[1])
ALICE = equal(b"alice@example.org")

deep = ALICE
for _ in range(10000):
    deep = tlv(0xa2, deep)
refused("a filter nested 10,000 deep", deep, 11, b"deep")
refused("a filter of 1 MiB", equal(b"x" * (1 << 20)), 11, b"too many")
refused("1 MiB of escapes", equal(b"\\2a" * 350000), 11, b"too many")
refused("a NUL in an address", equal(b"alice\0@example.org"), 21, b"address-")
refused("NULs for an address", equal(b"\0" * 1000), 21, b"address-")
refused("501 addresses",
        tlv(0xa1, b"".join(equal(b"a%d@example.org" % i) for i in range(501))),
        11, b"501")
refused("2,000 parts", tlv(0xa1, tlv(0x87, b"cn") * 2000), 11, b"parts")
refused("a filter that is none", b"\xa3\x00", 2, b"missing")

for name, garbage in [("HTTP", b"GET / HTTP/1.1\r\n\r\n"),
                      ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00"),
                      ("a length that is indefinite", b"\x30\x80\x02\x01\x01"),
                      ("zeros", b"\0" * 100)]:
    client = Client()
    client.socket.sendall(garbage)
    message_id, code, _ = client.result()
    closed = client.socket.recv(1) == b""
    check(f"{name}: a notice, and the end",
          (message_id, code, closed) == (0, 2, True), (message_id, code))

# Clients that hang, some in the middle of a message, keep nobody off.
hanging = [Client() for _ in range(300)]
for client in hanging[:150]:
    try:
        client.socket.sendall(search(1, ALICE)[:20])
    except OSError:
        pass  # Its place went to another one.
client = Client()
client.socket.sendall(search(9, ALICE))
check("300 clients that hang", client.result()[:2] == (9, 0), "")
