"""The command line beside a running server: what it says is true at once."""

import imaplib
import json
import smtplib
import subprocess

from harness import ALICE, APOP_SECRET, BINARY, BOB, CLIENT_TIMEOUT, PASSWORD, ServerTest, message


class CommandLine(ServerTest):
    def fails(self, status, *arguments, stdin=None):
        """What a verb that ends with `status` says."""
        done = subprocess.run([BINARY, *arguments, "--config", self.server.config], input=stdin, capture_output=True, text=True,
                              timeout=CLIENT_TIMEOUT)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def refused(self, address):
        with self.server.smtp() as client, self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.sendmail("sender@example.net", address, b"Subject: nobody\r\n\r\n")

    def test_domains_users_and_aliases_come_and_go(self):
        carol, info = "carol@example.net", "info@example.net"
        self.refused(carol)
        self.server.cli("domain", "add", "example.net")
        self.refused(carol)
        self.server.cli("user", "add", carol, "--password-stdin", stdin=PASSWORD + "\n")
        self.server.cli("alias", "add", info, carol, ALICE)
        self.server.send(message("to-an-alias"), to=info)
        for user in (carol, ALICE):
            self.assertEqual(len(self.server.messages(user)), 1)

        users = {user["address"]: user for user in json.loads(self.server.cli("user", "list", "--json"))}
        self.assertEqual({name: user["messages"] for name, user in users.items()}, {ALICE: 1, BOB: 0, carol: 1})
        self.assertEqual(json.loads(self.server.cli("user", "show", carol, "--json"))["aliases"],
                         [info, "postmaster@example.net"])

        self.server.cli("alias", "remove", info)
        self.refused(info)
        self.server.cli("user", "remove", carol, "--yes")
        self.refused(carol)
        with self.assertRaises(imaplib.IMAP4.error):
            self.server.imap(carol).__enter__()
        self.server.cli("domain", "remove", "example.net")
        self.assertEqual(len(self.server.messages(ALICE)), 1, "the other copy stays")

    def test_passwords_and_secrets_change(self):
        generated = json.loads(self.server.cli("user", "password", ALICE, "--json"))["password"]
        with self.assertRaises(imaplib.IMAP4.error):
            self.server.imap(ALICE).__enter__()
        imaplib.IMAP4("127.0.0.1", self.server.ports["imap"], timeout=CLIENT_TIMEOUT).login(ALICE, generated)

        def apop(secret, status):
            self.run_client("curl", "-q", "--silent", "--noproxy", "*", "--login-options", "AUTH=+APOP", "--user", f"{ALICE}:{secret}",
                            self.server.url("pop3"), status=status)

        login_denied = 67
        apop(APOP_SECRET, 0)
        secret = json.loads(self.server.cli("user", "apop", "enable", ALICE, "--json"))["secret"]
        apop(APOP_SECRET, login_denied)
        apop(secret, 0)
        self.server.cli("user", "apop", "disable", ALICE)
        apop(secret, login_denied)

    def test_a_large_user_goes_while_mail_comes_in(self):
        with self.server.smtp() as client:
            for number in range(300):
                client.sendmail("sender@example.net", ALICE, message(f"large-{number}", 20000))
        removing = subprocess.Popen([BINARY, "user", "remove", ALICE, "--yes", "--config", self.server.config],
                                    stdout=subprocess.PIPE, text=True)
        with self.server.smtp() as client:
            for number in range(50):
                client.sendmail("sender@example.net", BOB, message(f"beside-{number}"))
        self.assertTrue(removing.communicate(timeout=CLIENT_TIMEOUT)[0].startswith(f"user {ALICE} is gone\n"))
        self.assertEqual(len(self.server.messages(BOB)), 50)

    def test_exit_status(self):
        self.assertIn("unknown verb", self.fails(2, "usr"))
        self.assertIn("is not served here", self.fails(1, "user", "add", "x@example.com"))
        self.assertIn("add --yes", self.fails(2, "user", "remove", ALICE, stdin=""))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BINARY, "user", "list", "--config", self.server.config], stdout=full, stderr=subprocess.PIPE,
                                  timeout=CLIENT_TIMEOUT, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "postroom: standard output cannot be written\n"))
        good = self.server.config.read_text()
        self.server.config.write_text("[limit]\n")
        self.assertEqual(self.fails(2, "user", "list"),
                         f'{self.server.config}:1:2: unknown key "limit"; did you mean [limits]?\n')
        self.server.config.write_text(good)
