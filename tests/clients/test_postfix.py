"""Postfix as the server that mail is sent to, and as the one that it comes from."""

import re
import subprocess

import postfix
from harness import ALICE, BOB, PASSWORD, ServerTest, message, patient

CAROL = "carol@b.example"


class ToPostfix(ServerTest):
    def setUp(self):
        if why := postfix.why_not():
            self.skipTest(why)
        super().setUp()
        # They send to each other, so that each has to know the other's port.
        self.other = self.enterContext(postfix.Postfix(
            self.folder / "postfix",
            message_size_limit=1_000_000,
            virtual_alias_maps=f"inline:{{ forward@b.example={BOB} }}",
            virtual_alias_domains="",
            transport_maps=f"inline:{{ {{example.org=smtp:[127.0.0.1]:{self.server.ports['smtp']}}} }}"))
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["* = smtp://127.0.0.1:{self.other.port}"]\nretry = ["1s"]\n'
                         '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        ports = self.server.ports
        self.server.config.write_text(self.server.config.read_text().replace(
            'smtp = ["127.0.0.1:0"]', f'smtp = ["127.0.0.1:{ports["smtp"]}"]', 1))
        self.server.start()

    def test_delivered(self):
        sent = message("to-postfix", 100_000)
        self.server.submit(sent, [CAROL, "dave@b.example"])
        for user in ("carol", "dave"):
            [stored] = self.other.await_messages(1, user)
            self.assertTrue(stored.endswith(sent))
            self.assertIn(b"(Postfix) with ESMTPS", stored)

    def test_refused(self):
        self.server.submit(message("nobody"), ["nobody@b.example", CAROL])
        self.other.await_messages(1)
        self.server.submit(message("large", 1_200_000), [CAROL])
        patient(lambda: len(self.server.messages(ALICE)) == 2)
        nobody, large = (report.decode() for _, report in self.server.messages(ALICE))
        self.assertIn("Status: 5.1.1", nobody)
        self.assertIn("User unknown", nobody)
        self.assertIn("Status: 5.3.4", large)
        self.assertEqual(len(self.other.messages()), 1)

    def test_forwarded_back(self):
        """Through Postfix and back to another of our users."""
        sent = message("there-and-back")
        self.server.submit(sent, ["forward@b.example"])
        patient(lambda: self.server.messages(BOB), what=lambda: f"{self.other.log_text()}\nit")
        [(_, stored)] = self.server.messages(BOB)
        self.assertTrue(stored.endswith(sent))
        self.assertEqual(stored.count(b"\r\nReceived: ") + stored.startswith(b"Received: "), 3, stored)

    def test_utf8(self):
        sent = "From: Alice <alice@example.org>\r\nTo: grüße@b.example\r\nSubject: Grüße\r\n\r\n世界\r\n".encode()
        with self.server.smtp("submission") as client:
            client.login(ALICE, PASSWORD)
            client.sendmail(ALICE, [CAROL], sent, ["SMTPUTF8", "BODY=8BITMIME"])
        [stored] = self.other.await_messages(1)
        self.assertIn("Subject: Grüße\r\n".encode(), stored)
        self.assertTrue(stored.endswith("世界\r\n".encode()))

    def test_from_postfix(self):
        sent = message("from-postfix", 300_000)
        self.other.send(sent, [ALICE, BOB])
        for user in (ALICE, BOB):
            patient(lambda user=user: self.server.messages(user), what=lambda: f"{self.other.log_text()}\nit")
            [(_, stored)] = self.server.messages(user)
            self.assertTrue(stored.endswith(sent))
            self.assertIn(b"with ESMTPS", stored)
        # Postfix tells its user what we said.
        self.other.send(message("bounced"), ["nobody@example.org"])
        [report] = self.other.await_messages(1)
        self.assertIn(b"Status: 5.1.1", report)

    def test_success_is_reported(self):
        """RFC 3461: asked for at our side, told by Postfix, which delivers."""
        with self.server.smtp("submission") as client:
            client.login(ALICE, PASSWORD)
            if not client.has_extn("dsn"):
                self.skipTest("our server does not offer DSN")
            client.sendmail(ALICE, [CAROL], message("receipt"), ["RET=HDRS", "ENVID=abc+2Bdef"], ["NOTIFY=SUCCESS"])
        self.other.await_messages(1)
        patient(lambda: self.server.messages(ALICE), what=lambda: f"{self.other.log_text()}\nA report")
        report = self.server.messages(ALICE)[0][1].decode()
        self.assertIn("Action: delivered", report)
        self.assertIn("Original-Envelope-Id: abc+def", report)
        self.assertIn("Subject: receipt", report)

    def test_load_both_ways(self):
        """smtp-source sends to us as fast as it can, while our users' mail goes to Postfix."""
        count = 500
        source = subprocess.Popen(["smtp-source", "-c", "-s", "10", "-m", str(count), "-l", "4000", "-f", CAROL, "-t", BOB,
                                   f"inet:127.0.0.1:{self.server.ports['smtp']}"], stdout=subprocess.DEVNULL)
        with self.server.smtp("submission") as client:
            client.login(ALICE, PASSWORD)
            for number in range(200):
                client.sendmail(ALICE, [CAROL], message(f"load-{number}"))
        self.assertEqual(source.wait(60), 0)
        stored = self.other.await_messages(200)
        names = {re.search(rb"\nSubject: (\S+)", content)[1].decode() for content in stored}
        self.assertEqual((len(stored), len(names)), (200, 200))
        self.assertEqual(len(self.server.messages(BOB)), count)
