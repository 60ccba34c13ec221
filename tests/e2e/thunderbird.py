#!/usr/bin/env python3
"""Has Thunderbird fetch certificates and find them, as when a mail is encrypted.

thunderbird.py PROFILE LDAP_URL ROOT_PEM ADDRESS...

Starts it without a window and drives it by Marionette. Opens the very dialog
that a message's window opens for recipients without a certificate, waits until
it closes, then asks as that window asks for a certificate to encrypt with.
Prints a line for each address: the address, and the certificate's SHA-256 or
"none".
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

FETCH_AND_FIND = """
const [root, addresses, done] = arguments;
Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
  .addCertFromBase64(root, "C,C,C");
const fields = Cc["@mozilla.org/messengercompose/composesecure;1"]
  .createInstance(Ci.nsIMsgComposeSecure);
const find = address => new Promise(resolve =>
  fields.asyncFindCertByEmailAddr(address, {
    QueryInterface: ChromeUtils.generateQI(["nsIDoneFindCertForEmailCallback"]),
    findCertDone(_, certificate) {
      resolve(certificate ? certificate.sha256Fingerprint : "none");
    },
  }));
const findAll = async () => {
  const found = {};
  for (const address of addresses) found[address] = await find(address);
  return found;
};
(async () => {
  const before = await findAll();
  const dialog = Services.wm.getMostRecentWindow(null).openDialog(
    "chrome://messenger-smime/content/certFetchingStatus.xhtml", "",
    "chrome,dialog=1", "ldap_2.servers.sealbook", addresses);
  while (!dialog.closed) {
    await new Promise(resolve => Services.tm.dispatchToMainThread(resolve));
  }
  done({ before, after: await findAll() });
})();
"""


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


def start(profile, url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile.mkdir(parents=True)
    preferences = {
        "marionette.port": port,
        "ldap_2.servers.sealbook.uri": url,
        "ldap_2.servers.sealbook.description": "Sealbook",
        # It is to talk to nobody else.
        "network.proxy.type": 1,
        "network.proxy.socks": "127.0.0.1",
        "network.proxy.socks_port": 9,
        "network.proxy.no_proxies_on": "127.0.0.1,localhost",
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
    }
    (profile / "user.js").write_text("".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in preferences.items()))
    log = open(profile.parent / "thunderbird.log", "wb")
    process = subprocess.Popen(
        ["thunderbird", "--headless", "--marionette",
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


def main():
    profile, url, root, *addresses = sys.argv[1:]
    pem = pathlib.Path(root).read_text()
    der = "".join(line for line in pem.splitlines() if "CERTIFICATE" not in line)
    process, port = start(pathlib.Path(profile).absolute(), url)
    try:
        thunderbird = connect(process, port)
        thunderbird.call("WebDriver:NewSession", capabilities={})
        thunderbird.call("Marionette:SetContext", value="chrome")
        thunderbird.call("WebDriver:SetTimeouts", script=60000)
        result = thunderbird.call("WebDriver:ExecuteAsyncScript",
                                  script=FETCH_AND_FIND,
                                  args=[der, addresses])["value"]
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    for address in addresses:
        if result["before"][address] != "none":
            sys.exit(f"FAILED: {address} was there before")
        print(address, result["after"][address].replace(":", "").lower())


main()
