"""Mailing lists, whole: from a user's submission to the members here and elsewhere, and a bounce to the owner."""

import pathlib
import tempfile

from harness import ALICE, BOB, PASSWORD, Server, ServerTest, message, patient

TEAM = "team@example.org"


class Lists(ServerTest):
    def setUp(self):
        super().setUp()
        # Another Postroom is where the outside members are.
        self.other = Server(pathlib.Path(tempfile.mkdtemp(dir=self.folder)))
        self.other.cli("domain", "add", "other.example")
        self.other.cli("user", "add", "carol@other.example", "--password-stdin", stdin=PASSWORD + "\n")
        self.other.start()
        self.addCleanup(lambda: self.assertEqual(self.other.stop(), 0, self.other.log_text()))
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["* = smtp://127.0.0.1:{self.other.ports["smtp"]}"]\nretry = ["1s"]\n'
                         '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.cli("user", "add", "owner@example.org", "--password-stdin", stdin=PASSWORD + "\n")
        self.server.cli("list", "add", TEAM, "--owner", "owner@example.org")
        self.server.start()

    def test_members_here_and_elsewhere(self):
        self.server.cli("list", "join", TEAM, ALICE, BOB, "carol@other.example", "gone@other.example")
        sent = message("to-the-team", 100_000)
        self.server.submit(sent, [TEAM])
        [(_, alices)] = self.server.messages(ALICE)
        [(_, bobs)] = self.server.messages(BOB)
        self.assertEqual(alices, bobs)
        self.assertTrue(alices.endswith(sent), alices[:2000])
        self.assertIn(b"\r\nList-Id: <team.example.org>\r\n", alices)
        self.assertTrue(alices.startswith(b"Return-Path: <team-bounces@example.org>\r\n"), alices[:200])
        patient(lambda: self.other.messages("carol@other.example"), what=self.server.log_text)
        [(_, carols)] = self.other.messages("carol@other.example")
        self.assertTrue(carols.endswith(sent))
        self.assertTrue(carols.startswith(b"Return-Path: <team-bounces@example.org>\r\n"), carols[:200])
        # Who is not there is the owner's business, not the writer's.
        patient(lambda: self.server.messages("owner@example.org"), what=self.server.log_text)
        [(_, report)] = self.server.messages("owner@example.org")
        self.assertIn(b"Final-Recipient: rfc822; gone@other.example", report)
        self.assertEqual(len(self.server.messages(ALICE)), 1)
        told = self.server.cli("trace", TEAM)
        self.assertIn(f"{TEAM}: a list, sent to 4 members of it", told)
        self.assertIn(f"{ALICE}: stored in INBOX, UID 1, sent to {TEAM}", told)
        # Carol answers.
        self.server.send(message("an-answer"), to=[TEAM], sender="carol@other.example")
        self.assertEqual(len(self.server.messages(BOB)), 2)

    def test_not_for_strangers(self):
        self.server.cli("list", "join", TEAM, ALICE)
        with self.server.smtp() as client:
            client.ehlo()
            client.mail("stranger@elsewhere.example")
            self.assertEqual(client.rcpt(TEAM)[0], 550)
        self.server.cli("list", "set", TEAM, "--posting", "anyone")
        self.server.send(message("from-a-stranger"), to=[TEAM], sender="stranger@elsewhere.example")
        self.assertEqual(len(self.server.messages(ALICE)), 1)
