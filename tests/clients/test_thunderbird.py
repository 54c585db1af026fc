"""Thunderbird on a screen of its own: logs in, fetches what is there, and hears of new mail by IDLE.

It is told what to do by Marionette, which speaks JSON on a socket; what it has got is read from its profile.
"""

import json
import os
import signal
import socket
import subprocess
import time

from harness import ALICE, PASSWORD, ServerTest, message, patient

# No first-run pages, no questions, nothing fetched from elsewhere.
QUIET = {
    "app.donation.eoy.version.viewed": 999, "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False, "extensions.update.enabled": False, "mail.rights.version": 1,
    "mail.provider.suppress_dialog_on_startup": True, "mail.shell.checkDefaultClient": False, "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False, "network.proxy.type": 0, "services.settings.server": "data:,", "toolkit.telemetry.enabled": False,
}
STARTS = 90  # seconds; on a busy machine it takes long


class Marionette:
    """One session of the protocol: "LENGTH:[0, id, command, parameters]", answered by "LENGTH:[1, id, error, result]"."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=STARTS)
        self.file = self.socket.makefile("rb")
        self.count = 0
        self._receive()  # what it is
        self.say("WebDriver:NewSession")
        self.say("Marionette:SetContext", value="chrome")

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.file.read(1)
            if not byte:
                raise ConnectionError("Thunderbird has closed the connection")
            length += byte
        return json.loads(self.file.read(int(length[:-1])))

    def say(self, command, **parameters):
        self.count += 1
        said = json.dumps([0, self.count, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(said), said))
        _, _, error, result = self._receive()
        if error:
            raise AssertionError(f"{command}: {error}")
        return result

    def run(self, script, *arguments):
        """Runs JavaScript with all rights; what it returns."""
        prelude = 'const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");\n'
        return self.say("WebDriver:ExecuteScript", script=prelude + script, args=list(arguments))["value"]

    def close(self):
        self.file.close()
        self.socket.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Thunderbird(ServerTest):
    def setUp(self):
        super().setUp()
        self.profile = self.folder / "profile"
        self.profile.mkdir()
        self.port = free_port()
        prefs = {
            **QUIET, "marionette.port": self.port, "mail.accountmanager.accounts": "account1", "mail.accountmanager.defaultaccount": "account1",
            "mail.account.account1.server": "server1", "mail.account.account1.identities": "id1", "mail.identity.id1.useremail": ALICE,
            "mail.identity.id1.valid": True, "mail.server.server1.type": "imap", "mail.server.server1.hostname": "127.0.0.1",
            "mail.server.server1.port": self.server.ports["imap"], "mail.server.server1.userName": ALICE,
            "mail.server.server1.name": ALICE, "mail.server.server1.socketType": 0, "mail.server.server1.authMethod": 3,
            "mail.server.server1.login_at_startup": False, "mail.server.server1.check_new_mail": False}
        (self.profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items()))

    def start(self):
        log = (self.folder / "thunderbird.log").open("wb")
        self.addCleanup(log.close)
        client = subprocess.Popen(
            ["xvfb-run", "-a", "thunderbird", "--profile", self.profile, "--no-remote", "--marionette", "--remote-allow-system-access"],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, "HOME": str(self.folder)})
        self.addCleanup(self.end, client)
        patient(self.listens, STARTS, "Thunderbird")
        marionette = Marionette(self.port)
        self.addCleanup(marionette.close)
        return marionette

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, client):
        os.killpg(client.pid, signal.SIGTERM)
        try:
            client.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(client.pid, signal.SIGKILL)
            client.wait()

    def mbox(self):
        """What Thunderbird has of the inbox."""
        files = list(self.profile.glob("ImapMail/*/INBOX"))
        return files[0].read_bytes().replace(b"\r\n", b"\n") if files else b""

    def test_fetches_and_hears_of_new_mail(self):
        first, second = message("first", 3000), message("second", 3000)
        self.server.send(first)
        client = self.start()
        client.run("""
            const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
            login.init("imap://127.0.0.1", null, "imap://127.0.0.1", arguments[0], arguments[1], "", "");
            return Services.logins.addLoginAsync(login).then(() => true);""", ALICE, PASSWORD)
        client.run("""
            const server = MailServices.accounts.accounts[0].incomingServer;
            server.performExpand(null);
            server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox).updateFolder(null);""")
        patient(lambda: first.replace(b"\r\n", b"\n")[-500:] in self.mbox(), 60, "the first message in Thunderbird's mbox")
        time.sleep(5)  # It begins to IDLE some time after it has fetched, and hears of nothing in between.
        self.server.send(second)
        patient(lambda: second.replace(b"\r\n", b"\n")[-500:] in self.mbox(), 60, "the second message by IDLE")
        subjects = client.run("""
            const inbox = MailServices.accounts.accounts[0].incomingServer.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
            return [...inbox.messages].map(header => header.mime2DecodedSubject);""")
        self.assertEqual(sorted(subjects), ["first", "second"])
