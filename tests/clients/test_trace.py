"""What `postroom trace` tells of mail that real servers passed on: two of ours, and one that is not there."""

import json
import smtplib

from harness import ALICE, BOB, PASSWORD, Server, ServerTest, message, patient


class Trace(ServerTest):
    def setUp(self):
        super().setUp()
        folder = self.folder / "other"
        folder.mkdir()
        self.other = Server(folder)
        self.other.cli("domain", "add", "b.example")
        self.other.cli("user", "add", "carol@b.example", "--password-stdin", stdin=PASSWORD + "\n")
        self.other.start()
        self.addCleanup(self.other.stop)
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["b.example = smtp://127.0.0.1:{self.other.ports["smtp"]}", '
                         '"c.example = smtp://127.0.0.1:9"]\n[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.start()

    def trace(self, what, server=None):
        return json.loads((server or self.server).cli("trace", what, "--json"))

    def submit(self, *recipients):
        with self.server.smtp("submission") as client:
            client.starttls()
            client.login(ALICE, PASSWORD)
            client.sendmail(ALICE, recipients, b"Message-ID: <one@a.example>\r\n" + message("traced"))

    def test_the_whole_way(self):
        self.server.cli("alias", "add", "info@example.org", BOB)
        self.submit("info@example.org", "carol@b.example", "nobody@b.example", "dave@c.example")

        def kinds():
            return [event["event"] for event in self.trace("one@a.example")[0]["events"]]
        patient(lambda: {"delivered", "failed", "unreachable", "reported"} <= set(kinds()), what="the end of the story")
        mail = self.trace("one@a.example")[0]
        events = {(event["event"], event.get("address")): event for event in mail["events"]}
        self.assertEqual((mail["user"], mail["from"]), (ALICE, ALICE))
        self.assertTrue(mail["tls"].startswith("TLSv1"))
        stored = events["stored", BOB]
        self.assertEqual((stored["mailbox"], stored["uid"], stored["sent_to"]), ("INBOX", 1, ["info@example.org"]))
        delivered = events["delivered", "carol@b.example"]
        self.assertRegex(delivered["text"], "^250 2.0.0 ")
        self.assertTrue(delivered["tls"].startswith("TLSv1"))
        self.assertRegex(events["failed", "nobody@b.example"]["text"], "^550 5.1.1 ")
        self.assertEqual(mail["waiting"], ["dave@c.example"])

        # The id that the other server gave it leads on there.
        there = self.trace(delivered["text"].split()[-1], self.other)[0]
        self.assertEqual([event["event"] for event in there["events"]], ["stored"])
        self.assertEqual(there["message_id"], "one@a.example")

        # And the report to the one that it is about.
        report = self.trace(mail["id"])[1]
        self.assertEqual((report["report_on"], report["events"][0]["address"]), (mail["id"], ALICE))
        self.assertEqual(events["reported", ALICE]["report"], report["id"])

        text = self.server.cli("trace", "nobody@b.example")
        self.assertIn("nobody@b.example: failed for good: 127.0.0.1 said 550 5.1.1 ", text)
        self.assertIn("c.example cannot be reached", text)
        self.assertIn(f"1 recipient still waits; see: postroom queue show {mail['id']}", text)
        self.server.stop()
        self.assertEqual(self.server.cli("trace", "nobody@b.example"), text, "also while no server runs")

    def test_what_is_refused_leaves_no_trace(self):
        with self.server.smtp() as client, self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.sendmail("sender@example.net", "nobody@example.org", message("refused"))
        with self.assertRaises(AssertionError):
            self.trace("sender@example.net")
