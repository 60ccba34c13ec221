"""Thunderbird with a profile of its own, driven by Marionette."""

import json
import os
import signal
import socket
import subprocess
import sys
import time


class Marionette:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(90)
        self.bytes = b""
        self.count = 0
        self.receive()

    def receive(self):
        while b":" not in self.bytes:
            self.more()
        size, self.bytes = self.bytes.split(b":", 1)
        while len(self.bytes) < int(size):
            self.more()
        message = json.loads(self.bytes[:int(size)])
        self.bytes = self.bytes[int(size):]
        return message

    def more(self):
        received = self.socket.recv(65536)
        if not received:
            sys.exit("FAILED: Thunderbird has ended")
        self.bytes += received

    def call(self, name, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self.receive()
        if error:
            sys.exit(f"FAILED: {name}: {error['error']}: {error['message']}")
        return result


def start(profile, preferences, *options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile.mkdir(parents=True)
    preferences = {
        "marionette.port": port,
        # It is to talk to nobody else.
        "network.proxy.type": 1,
        "network.proxy.socks": "127.0.0.1",
        "network.proxy.socks_port": 9,
        "network.proxy.no_proxies_on": "127.0.0.1,localhost",
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        **preferences,
    }
    (profile / "user.js").write_text("".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in preferences.items()))
    log = open(profile.parent / "thunderbird.log", "wb")
    process = subprocess.Popen(
        ["thunderbird", *options, "--marionette",
         "--remote-allow-system-access", "--no-remote", "--profile",
         str(profile)],
        stdout=log, stderr=log, start_new_session=True,
        env={**os.environ, "HOME": str(profile.parent)})
    return process, port


def connect(process, port):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"FAILED: Thunderbird ended with {process.returncode}")
        try:
            return Marionette(port)
        except OSError:
            time.sleep(0.1)
    sys.exit("FAILED: Thunderbird did not start within a minute")


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
