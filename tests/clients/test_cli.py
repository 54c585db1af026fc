"""The command line beside a running server: what it says is true at once."""

import imaplib
import json
import re
import smtplib
import socket
import subprocess

from harness import ALICE, APOP_SECRET, BINARY, BOB, CLIENT_TIMEOUT, PASSWORD, ServerTest, message, patient


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


class QueueByCommandLine(ServerTest):
    """Mail that cannot leave: nobody listens where its route leads."""

    def setUp(self):
        super().setUp()
        self.server.stop()
        self.elsewhere = socket.socket()
        self.addCleanup(self.elsewhere.close)
        self.elsewhere.bind(("127.0.0.1", 0))
        port = self.elsewhere.getsockname()[1]
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["example.net = smtp://127.0.0.1:{port}"]\n')
        self.server.start()

    def submit(self, recipients, subject):
        """Its id."""
        with self.server.smtp("submission") as client:
            client.starttls()
            client.login(ALICE, PASSWORD)
            client.mail(ALICE)
            for recipient in recipients:
                client.rcpt(recipient)
            code, text = client.data(message(subject))
        self.assertEqual(code, 250, text)
        return re.search(rb"id (\S+)", text)[1].decode()

    def queued(self, *arguments):
        return json.loads(self.server.cli("queue", "list", "--json", *arguments))

    def states(self, name):
        return [recipient["state"] for mail in self.queued(name) for recipient in mail["recipients"]]

    def test_what_cannot_leave(self):
        self.assertEqual(self.server.cli("queue", "list"), "the queue is empty\n")
        first = self.submit(["carol@example.net", "dave@example.net"], "first")
        patient(lambda: self.states(first) == ["waiting"] * 2, what="the first attempt")
        self.assertRegex(self.server.cli("queue", "list"),
                         rf"{first} .* alice@example\.org  carol@example\.net \+1  next attempt in \d+ min: .*refused.*\n"
                         r"1 message to 2 recipients, ")
        self.assertRegex(self.server.cli("queue", "show", first), r"(?s)to  +dave@example\.net\n +next attempt in .*refused")

        self.assertEqual(self.server.cli("queue", "hold", "--to", "dave@example.net"), "1 message to 1 recipient held\n")
        self.assertEqual(self.states(first), ["waiting", "held"])
        self.assertEqual(self.server.cli("queue", "drop", "--to", "dave@example.net", "--yes"),
                         "1 message to 1 recipient dropped; nobody is told\n")
        self.server.stop()
        self.assertEqual(self.server.cli("queue", "hold", "--all"), "1 message to 1 recipient held\n")
        self.server.start()
        self.server.cli("queue", "drop", first, "--yes")
        self.assertEqual(self.queued(), [])
        self.assertIn("carol@example.net: removed from the queue", self.server.cli("trace", first))

    def test_retried_mail_and_released_mail_leave_but_held_mail_does_not(self):
        held, first = self.submit(["carol@example.net"], "held"), self.submit(["dave@example.net"], "first")
        patient(lambda: self.states(held) + self.states(first) == ["waiting"] * 2, what="the first attempt")
        self.server.cli("queue", "hold", held)
        self.elsewhere.listen()
        self.elsewhere.settimeout(CLIENT_TIMEOUT)
        for wanted in (("retry", first, "dave"), ("release", held, "carol")):
            verb, name, who = wanted
            self.server.cli("queue", verb, name)
            self.assertEqual(self.take(), f"{who}@example.net")
            patient(lambda: name not in [mail["id"] for mail in self.queued()], what="the end of it")
        self.assertEqual(self.queued(), [])

    def take(self):
        """Plays the server there for one message; its recipient."""
        connection, _ = self.elsewhere.accept()
        connection.settimeout(CLIENT_TIMEOUT)
        recipient = None
        with connection, connection.makefile("rwb") as stream:
            def reply(text):
                stream.write(text + b"\r\n")
                stream.flush()

            reply(b"220 mx.example.net")
            for line in stream:
                verb = line[:4].upper().strip()
                if verb == b"RCPT":
                    self.assertIsNone(recipient, "only one is to come")
                    recipient = re.search(rb"<(.*?)>", line)[1].decode()
                if verb == b"DATA":
                    reply(b"354 go on")
                    while stream.readline() not in (b".\r\n", b""):
                        pass
                reply(b"221 bye" if verb == b"QUIT" else b"250 yes")
        return recipient
