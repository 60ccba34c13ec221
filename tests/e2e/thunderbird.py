#!/usr/bin/env python3
"""Has Thunderbird fetch certificates and find them, as when a mail is encrypted.

thunderbird.py PROFILE LDAP_URL ROOT_PEM ADDRESS...

Starts it without a window and drives it by Marionette. Opens the very dialog
that a message's window opens for recipients without a certificate, waits until
it closes, then asks as that window asks for a certificate to encrypt with.
Prints a line for each address: the address, and the certificate's SHA-256 or
"none".
"""

import pathlib
import sys

import marionette

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


def main():
    profile, url, root, *addresses = sys.argv[1:]
    pem = pathlib.Path(root).read_text()
    der = "".join(line for line in pem.splitlines() if "CERTIFICATE" not in line)
    process, port = marionette.start(pathlib.Path(profile).absolute(), {
        "ldap_2.servers.sealbook.uri": url,
        "ldap_2.servers.sealbook.description": "Sealbook",
    }, "--headless")
    try:
        thunderbird = marionette.connect(process, port)
        thunderbird.call("WebDriver:NewSession", capabilities={})
        thunderbird.call("Marionette:SetContext", value="chrome")
        thunderbird.call("WebDriver:SetTimeouts", script=60000)
        result = thunderbird.call("WebDriver:ExecuteAsyncScript",
                                  script=FETCH_AND_FIND,
                                  args=[der, addresses])["value"]
    finally:
        marionette.stop(process)
    for address in addresses:
        if result["before"][address] != "none":
            sys.exit(f"FAILED: {address} was there before")
        print(address, result["after"][address].replace(":", "").lower())


main()
