#!/usr/bin/python3
"""A mail server on loopback for tests, which answers as it is told.

  smtp_server.py SETTINGS

SETTINGS is a JSON object:

  folder         where it writes `port` once it listens, and `log`
  certificate    PEM files, for TLS
  key
  tls            "none", "starttls" or "smtps"
  user           absent: nobody has to log in
  password
  answers        moment -> the lines to answer then, in place of the usual ones
  hang           moments at which it never answers
  drop           moments at which it closes the connection

Moments are GREETING, the commands, and END for the end of a message. Each line
of `log` is a JSON object, written before the answer: of a command with whether
it came over TLS, or of a message as it came and as Python's own mail parser
reads it. Ends by itself after five minutes.
"""

import base64
import email
import email.policy
import json
import os
import socket
import ssl
import sys
import threading
import time


class Dropped(Exception):
    pass


class Conversation:
    def __init__(self, settings, connection, log):
        self.settings = settings
        self.connection = connection
        self.log = log
        self.tls = False
        self.known = False
        if settings["tls"] == "smtps":
            self.start_tls()
        self.reader = self.connection.makefile("rb")

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.settings["certificate"],
                                self.settings["key"])
        self.connection = context.wrap_socket(self.connection,
                                              server_side=True)
        self.reader = self.connection.makefile("rb")
        self.tls = True

    def read_line(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise Dropped()
        return line[:-2]

    # True: the usual answer was given.
    def answer(self, moment, *usual):
        if moment in self.settings.get("hang", []):
            time.sleep(300)
        if moment in self.settings.get("drop", []):
            raise Dropped()
        special = self.settings.get("answers", {}).get(moment)
        for line in special or usual:
            self.connection.sendall(line.encode() + b"\r\n")
        return special is None

    def extensions(self):
        lines = ["mail.test", "8BITMIME", "SIZE 1000000"]
        if self.settings["tls"] == "starttls" and not self.tls:
            lines.append("STARTTLS")
        elif "user" in self.settings:
            lines.append("AUTH PLAIN")
        return [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]

    def authenticate(self, arguments):
        given = arguments.split(" ")[1:]
        if not given:
            self.connection.sendall(b"334 \r\n")
            given = [self.read_line().decode()]
        user, password = base64.b64decode(given[0]).decode().split("\0")[1:]
        self.log({"user": user, "password": password, "tls": self.tls})
        self.known = (user, password) == (self.settings.get("user"),
                                          self.settings.get("password"))
        self.answer("AUTH", "235 2.7.0 welcome" if self.known else
                    "535 5.7.8 user or password is wrong")

    def receive_message(self):
        lines = []
        while (line := self.read_line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        raw = b"\r\n".join(lines) + b"\r\n"
        message = email.message_from_bytes(raw, policy=email.policy.default)
        self.log({
            "message": raw.decode("latin-1"),
            "headers": message.keys(),
            "subject": message["Subject"],
            "body": message.get_content(),
            "tls": self.tls,
        })
        self.answer("END", "250 2.0.0 taken")

    def hold(self):
        if not self.answer("GREETING", "220 mail.test"):
            return
        while True:
            line = self.read_line().decode()
            command = line.split(" ")[0].upper()
            self.log({"command": line, "tls": self.tls})
            if command in ("EHLO", "HELO"):
                self.answer(command, *self.extensions())
            elif command == "STARTTLS":
                if self.answer(command, "220 go on"):
                    self.start_tls()
            elif command == "AUTH":
                self.authenticate(line[5:])
            elif command == "MAIL" and "user" in self.settings and \
                    not self.known:
                self.answer(command, "530 5.7.0 log in first")
            elif command == "DATA":
                if self.answer(command, "354 go on"):
                    self.receive_message()
            elif command == "QUIT":
                self.answer(command, "221 bye")
                return
            else:
                self.answer(command, "250 2.0.0 fine")


def main():
    settings = json.loads(sys.argv[1])
    folder = settings["folder"]
    lock = threading.Lock()

    def log(entry):
        with lock, open(os.path.join(folder, "log"), "a") as file:
            file.write(json.dumps(entry) + "\n")

    def hold(connection):
        try:
            Conversation(settings, connection, log).hold()
        except (Dropped, OSError, ssl.SSLError):
            pass
        finally:
            # The descriptor that TLS may have taken over as well.
            connection.close()

    def serve(listener):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=hold, args=(connection,),
                             daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    port = os.path.join(folder, "port")
    with open(port + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(port + ".new", port)
    time.sleep(300)


main()
