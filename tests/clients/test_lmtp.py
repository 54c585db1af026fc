"""LMTP (RFC 2033) into Postroom: by Python, swaks, Postfix, and another Postroom."""

import pathlib
import smtplib
import tempfile

import postfix
from harness import ALICE, BOB, PASSWORD, Server, ServerTest, message, patient


class Lmtp(ServerTest):
    def fill(self, user):
        """The user's mailbox has room for very small messages only."""
        self.server.cli("user", "quota", user, "1KiB")

    def test_python(self):
        self.fill(BOB)
        with smtplib.LMTP("127.0.0.1", self.server.ports["lmtp"], local_hostname="client.example.org") as client:
            sent = message("python", 5000)
            # smtplib reads one reply to the message, so that the conversation is led by hand.
            client.ehlo()
            client.mail("carol@example.net")
            for address in (ALICE, BOB, "alice+x@example.org"):
                self.assertEqual(client.rcpt(address)[0], 250)
            client.putcmd("data")
            self.assertEqual(client.getreply()[0], 354)
            client.send(sent.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            self.assertEqual([client.getreply()[0] for _ in range(3)], [250, 452, 250])
            self.assertEqual(client.noop()[0], 250)
        [(_, stored)] = self.server.messages(ALICE)
        self.assert_delivered(stored, sent)
        self.assertIn(b" with LMTP\r\n", stored)
        self.assertEqual(self.server.messages(BOB), [])

    def test_swaks(self):
        said = self.run_client("swaks", "--protocol", "LMTP", "--server", "127.0.0.1", "--port", self.server.ports["lmtp"],
                               "--helo", "client.example.org", "--from", "carol@example.net", "--to", f"{ALICE},{BOB}",
                               "--header", "Subject: swaks", "--timeout", "60")
        self.assertIn(b"LHLO client.example.org", said)
        for user in (ALICE, BOB):
            [(_, stored)] = self.server.messages(user)
            self.assertIn(b"Subject: swaks\r\n", stored)

    def test_no_relay(self):
        with smtplib.LMTP("127.0.0.1", self.server.ports["lmtp"], local_hostname="client.example.org") as client:
            client.ehlo()
            client.mail("carol@example.net")
            self.assertEqual(client.rcpt("dave@example.net")[0], 550)
            self.assertEqual(client.docmd("data")[0], 503)

    def test_postfix(self):
        """Postfix takes the mail and gives it to us; who is full is one that it tries again."""
        if why := postfix.why_not():
            self.skipTest(why)
        self.fill(BOB)
        to_us = f"lmtp:[127.0.0.1]:{self.server.ports['lmtp']}"
        other = self.enterContext(postfix.Postfix(
            self.folder / "postfix", lmtp_tls_security_level="may", maximal_backoff_time="2s",
            transport_maps=f"inline:{{ {{example.org={to_us}}} }}"))
        sent = message("from-postfix", 100_000)
        other.send(sent, [ALICE, BOB])
        patient(lambda: self.server.messages(ALICE), what=lambda: f"{other.log_text()}\nit")
        [(_, stored)] = self.server.messages(ALICE)
        self.assertTrue(stored.endswith(sent))
        self.assertIn(b"with LMTPS", stored)
        self.assertEqual(self.server.messages(BOB), [])
        self.server.cli("user", "quota", BOB, "none")

        def tried_again():
            other.command("postqueue", "-f")
            return self.server.messages(BOB)

        patient(tried_again, what=lambda: f"{other.log_text()}\nthe second attempt")
        self.assertEqual(len(self.server.messages(ALICE)), 1)
        other.send(message("bounced"), ["nobody@example.org"])
        [report] = other.await_messages(1)
        self.assertIn(b"Status: 5.1.1", report)


class FromPostroom(ServerTest):
    """Postroom is its own client: the relay's route leads to the other one's LMTP."""

    def setUp(self):
        super().setUp()
        inner = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.inner = Server(inner)
        self.inner.cli("domain", "add", "inner.example")
        for user in ("carol", "dave"):
            self.inner.cli("user", "add", f"{user}@inner.example", "--password-stdin", stdin=PASSWORD + "\n")
        self.inner.start()
        self.addCleanup(lambda: self.assertEqual(self.inner.stop(), 0, self.inner.log_text()))
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["inner.example = lmtp://127.0.0.1:{self.inner.ports["lmtp"]}"]\nretry = ["1s"]\n'
                         '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.start()

    def test_each_recipient(self):
        self.inner.cli("user", "quota", "dave@inner.example", "1KiB")
        sent = message("to-postroom", 50_000)
        self.server.submit(sent, ["carol@inner.example", "dave@inner.example", "nobody@inner.example"])
        patient(lambda: self.inner.messages("carol@inner.example"), what=self.server.log_text)
        [(_, stored)] = self.inner.messages("carol@inner.example")
        self.assertTrue(stored.endswith(sent))
        patient(lambda: self.server.messages(ALICE), what=self.server.log_text)
        [(_, report)] = self.server.messages(ALICE)
        self.assertIn(b"Final-Recipient: rfc822; nobody@inner.example", report)
        self.assertNotIn(b"Final-Recipient: rfc822; carol@inner.example", report)
        # Dave's waits, and goes out by itself when there is room.
        self.assertIn("dave@inner.example", self.server.cli("queue", "list"))
        self.inner.cli("user", "quota", "dave@inner.example", "none")
        patient(lambda: self.inner.messages("dave@inner.example"), 40, what=self.server.log_text)
        self.assertEqual(len(self.inner.messages("carol@inner.example")), 1)
