#!/usr/bin/env python3
"""Sets Thunderbird up by mouse and keyboard, and takes pictures of it.

thunderbird_pictures.py HOME ROOT_PEM OWN_P12 PASSWORD FOLDER

Run by tools/pictures. Every step is a click or a key on the screen, as a user's;
Marionette only tells where an element is, and scrolls to it. The account
itself, which no server is behind, comes from the preferences.
"""

import pathlib
import subprocess
import sys
import time

import marionette

ACCOUNT = {
    "mail.accountmanager.accounts": "account1",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.identity.id1.fullName": "Alice",
    "mail.identity.id1.useremail": "alice@example.org",
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.valid": True,
    "mail.server.server1.type": "imap",
    "mail.server.server1.hostname": "mail.example.org",
    "mail.server.server1.userName": "alice",
    "mail.server.server1.name": "alice@example.org",
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False,
    "mail.smtpservers": "smtp1",
    "mail.smtpserver.smtp1.hostname": "mail.example.org",
    "mail.smtpserver.smtp1.username": "alice",
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "ui.prefersReducedMotion": 1,
}

# The elements that match, with their places on the screen: only those that a
# user sees, or sees after scrolling. Looks into every window, frame and shadow
# tree of the documents whose address contains PLACE.
FIND = """
const [selector, text, place] = arguments;
const documents = new Set();
const visit = document => {
  if (!document || documents.has(document)) return;
  documents.add(document);
  for (const frame of document.querySelectorAll("browser, iframe")) {
    if (frame.checkVisibility({ visibilityProperty: true })) {
      visit(frame.contentDocument);
    }
  }
};
for (const window of Services.wm.getEnumerator(null)) visit(window.document);
const all = root => [
  ...root.querySelectorAll(selector),
  ...[...root.querySelectorAll("*")].flatMap(element =>
    element.openOrClosedShadowRoot ? all(element.openOrClosedShadowRoot) : []),
];
const within = (node, outer) => {
  for (; node; node = node.parentNode || node.host) {
    if (node === outer) return true;
  }
  return false;
};
const found = [];
for (const document of documents) {
  if (!document.documentURI.includes(place)) continue;
  for (const element of all(document)) {
    const words = element.label || element.value || element.textContent || "";
    if (text && !words.includes(text)) continue;
    let box;
    const seen = () => {
      box = element.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2,
                                            box.y + box.height / 2);
      return top && (within(top, element) || within(element, top));
    };
    // What is in a menu that is open is not found by its point.
    const menu = element.closest("menupopup");
    if (menu ? menu.state !== "open" : !seen()) {
      element.scrollIntoView({ block: "center", behavior: "instant" });
      if (menu || !seen()) continue;
    }
    box = element.getBoundingClientRect();
    if (!box.width || !box.height || element.disabled) continue;
    found.push([box.x + document.defaultView.mozInnerScreenX,
                box.y + document.defaultView.mozInnerScreenY,
                box.width, box.height].map(Math.round));
  }
}
return found;
"""


def xdotool(*arguments):
    return subprocess.run(["xdotool", *arguments], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def keys(*names):
    xdotool("key", "--delay", "50", *names)


def enter(text):
    xdotool("type", "--delay", "20", text)
    time.sleep(0.5)
    keys("Return")


def window(title):
    """Waits for it, and until it can be typed into."""
    command = ["xdotool", "search", "--onlyvisible", "--name", title]
    for _ in range(100):
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL).stdout.split()
        if found and found[-1] == xdotool("getactivewindow").strip():
            time.sleep(1)
            return found[-1]
        time.sleep(0.2)
    sys.exit(f"FAILED: no window {title}")


def choose_file(title, path):
    """In GTK's dialog, which Marionette does not see."""
    window(title)
    keys("ctrl+l")
    time.sleep(1)
    keys("ctrl+a")
    enter(path)


class Desktop:
    def __init__(self, thunderbird, folder):
        self.thunderbird = thunderbird
        self.folder = folder
        thunderbird.call("WebDriver:NewSession", capabilities={
            "alwaysMatch": {"unhandledPromptBehavior": "ignore"}})
        thunderbird.call("Marionette:SetContext", value="chrome")

    def script(self, script, *arguments):
        return self.thunderbird.call("WebDriver:ExecuteScript", script=script,
                                     args=list(arguments))["value"]

    def find(self, place, selector, text=""):
        """Where the one such element is, once it has come to rest."""
        before = None
        for _ in range(60):
            found = self.script(FIND, selector, text, place)
            if len(found) == 1 and found == before:
                return found[0]
            before = found
            time.sleep(0.3)
        sys.exit(f"FAILED: {place}: {selector} {text}: {found}")

    def click(self, place, selector, text="", times=1):
        x, y, width, height = self.find(place, selector, text)
        xdotool("mousemove", str(x + width // 2), str(y + height // 2))
        xdotool("click", "--repeat", str(times), "--delay", "80", "1")
        time.sleep(0.3)

    def picture(self, name, place, selector):
        """Of the element and whatever is above it."""
        x, y, width, height = self.find(place, selector)
        xdotool("mousemove", "1279", "899")
        time.sleep(1)
        screen = self.folder / "screen.png"
        subprocess.run(["import", "-window", "root", str(screen)], check=True)
        subprocess.run(
            ["convert", str(screen), "-crop", f"{width}x{height}+{x}+{y}",
             "+repage", "-bordercolor", "#bbb", "-border", "1", "-strip",
             "+dither", "-colors", "128", f"PNG8:{self.folder / name}.png"],
            check=True)

    def preference(self, name, value):
        found = self.script(
            "return Services.prefs.getStringPref(arguments[0], '')", name)
        if found != value:
            sys.exit(f"FAILED: {name} is {found}")


def import_certificates(desktop, root, own, password):
    desktop.click("messenger.xhtml", "#settingsButton")
    desktop.click("about:preferences", "#category-privacy")
    desktop.click("about:preferences", "#manageCertificatesButton")
    desktop.click("certManager", "#ca_tab")
    desktop.click("certManager", "#ca_addButton")
    choose_file("CA certificate", root)
    desktop.click("downloadcert", "#trustEmail")
    desktop.click("downloadcert", "button[dlgtype=accept]")
    desktop.click("certManager", "#mine_tab")
    desktop.click("certManager", "#mine_restoreButton")
    choose_file("Certificate File to Import", own)
    window("Password Required")
    enter(password)
    desktop.click("certManager", "button[dlgtype=accept]")


def add_directory(desktop):
    desktop.click("about:preferences", "#category-compose")
    desktop.click("about:preferences", "#autocompleteLDAP")
    desktop.click("about:preferences", "#editButton")
    desktop.click("pref-editdirectories", "#addButton")
    for field, text in {"description": "Sealbook", "hostname": "localhost",
                        "port": "1389", "basedn": "o=sealbook"}.items():
        desktop.click("pref-directory-add", f"#{field}", times=3)
        keys("ctrl+a")
        xdotool("type", "--delay", "20", text)
    desktop.picture("thunderbird-directory", "about:preferences",
                    ".dialogOverlay[topmost] .dialogBox")
    desktop.click("pref-directory-add", "button[dlgtype=accept]")
    desktop.click("pref-editdirectories", "button[dlgtype=accept]")
    desktop.click("about:preferences", "#directoriesList")
    desktop.click("about:preferences", "#directoriesList menuitem", "Sealbook")
    desktop.preference("ldap_2.servers.Sealbook.uri",
                       "ldap://localhost:1389/o=sealbook??sub?(objectclass=*)")
    desktop.preference("ldap_2.autoComplete.directoryServer",
                       "ldap_2.servers.Sealbook")


def choose_own_certificate(desktop):
    desktop.click("about:preferences", "#accountButton")
    desktop.click("about:accountsettings", "[id='account1/am-e2e.xhtml']")
    desktop.click("am-e2e", "#encryptionCertSelectButton")
    window("Select Certificate")
    keys("Return")
    window("^Thunderbird$")  # The same for signing?
    keys("Return")


def write(desktop):
    desktop.click("messenger.xhtml", "#mailButton")
    desktop.click("about:3pane", "#folderPaneWriteMessage")
    message = window("^Write:")
    xdotool("windowsize", "--sync", message, "860", "500")
    desktop.click("messengercompose", "#button-encryption")
    desktop.click("messengercompose", "#msgSubject")
    xdotool("type", "Contract")
    add_recipient(desktop, "bob@example.org")
    show_certificates(desktop, "thunderbird-found", {"bob@example.org": "Valid"})
    add_recipient(desktop, "nobody@example.org")
    desktop.find("messengercompose", "mail-address-pill.key-issue",
                 "nobody@example.org")
    show_certificates(desktop, "thunderbird-absent", {
        "bob@example.org": "Valid", "nobody@example.org": "Not Found"})


def add_recipient(desktop, address):
    desktop.click("messengercompose", "#toAddrInput")
    xdotool("type", "--delay", "20", f"{address},")
    desktop.find("messengercompose", "mail-address-pill", address)


def show_certificates(desktop, picture, statuses):
    """Takes the picture of the message's window, with their dialog above it."""
    desktop.click("messengercompose", "#button-encryption-options dropmarker")
    desktop.click("messengercompose", "#menu_recipientStatus_Toolbar")
    dialog = window("Message Security")
    xdotool("windowsize", "--sync", dialog, "520", "180")
    xdotool("windowmove", "--sync", dialog, "190", "225")
    for address, status in statuses.items():
        desktop.find("msgCompSecurityInfo",
                     f"label[value='{address}'] + label[value='{status}']")
    desktop.picture(picture, "messengercompose", ":root")
    desktop.click("msgCompSecurityInfo", "button[dlgtype=accept]")


def main():
    home, root, own, password, folder = sys.argv[1:]
    process, port = marionette.start(pathlib.Path(home) / "profile", ACCOUNT)
    try:
        thunderbird = marionette.connect(process, port)
        desktop = Desktop(thunderbird, pathlib.Path(folder))
        window("Mozilla Thunderbird")
        import_certificates(desktop, root, own, password)
        add_directory(desktop)
        choose_own_certificate(desktop)
        write(desktop)
    except SystemExit:
        subprocess.run(["import", "-window", "root", f"{folder}/failed.png"],
                       check=True)
        raise
    finally:
        marionette.stop(process)


main()
