"""imapflow, the IMAP client of Node.js: STARTTLS, QRESYNC, all that a mail program does in a mailbox, and IDLE."""

import base64
import json
import pathlib
import shutil
import subprocess
import unittest

from harness import ALICE, BINARY, CLIENT_TIMEOUT, PASSWORD, ServerTest, message, mime_message

SOURCE = pathlib.Path(__file__).resolve().parent / "imapflow"


class ImapFlow(ServerTest):
    @classmethod
    def setUpClass(cls):
        """Beside the server's build, so that it is fetched once."""
        cls.program = BINARY.parents[1] / "imapflow"
        lock = cls.program / "package-lock.json"
        fetched = cls.program / "node_modules/.package-lock.json"
        fresh = fetched.exists() and lock.read_bytes() == (SOURCE / lock.name).read_bytes()
        shutil.copytree(SOURCE, cls.program, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        if not fresh:
            fetch = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=cls.program, capture_output=True, timeout=300)
            # It is no package of Debian, and not every machine may fetch from elsewhere.
            if fetch.returncode != 0:
                raise unittest.SkipTest("imapflow cannot be fetched: " + fetch.stderr.decode(errors="replace")[-300:])

    def start(self):
        client = subprocess.Popen(
            ["node", "session.mjs", str(self.server.ports["imap"]), ALICE, PASSWORD, self.server.certificate],
            cwd=self.program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(client.kill)
        return client

    def test_session(self):
        first, second = mime_message("first"), message("second")
        self.server.send(first)
        self.server.send(second)
        client = self.start()

        def said():
            line = client.stdout.readline()
            return json.loads(line) if line else self.fail(client.stderr.read().decode() + self.server.log_text())

        hello = said()
        self.assertTrue(hello["secure"])
        self.assertLessEqual({"CONDSTORE", "QRESYNC"}, set(hello["enabled"]))
        self.assertIn(["Archive", "\\Archive"], hello["mailboxes"])

        inbox = said()
        self.assertEqual([(one["uid"], one["subject"], one["type"]) for one in inbox["sources"]],
                         [(1, "first", "multipart/mixed"), (2, "second", "text/plain")])
        for one, sent in zip(inbox["sources"], (first, second)):
            self.assert_delivered(base64.b64decode(one["source"]), sent)

        done = said()
        self.assertEqual(done["found"], [1])
        self.assertEqual((done["appended"], done["copied"], done["moved"]), (1, [[1, 1]], [[2, 1]]))
        self.assertEqual((done["status"]["messages"], done["status"]["unseen"], done["gone"]), (1, 1, [[2, True]]))

        again = said()
        self.assertEqual((again["exists"], again["noModseq"]), (1, False))
        self.assertGreater(again["highestModseq"], 1)

        self.assertEqual(said(), "idle")
        self.server.send(message("third"))
        self.assertEqual(said(), {"count": 2, "subject": "third"})
        self.assertEqual(client.wait(CLIENT_TIMEOUT), 0, client.stderr.read())
        client.stdout.close()
        client.stderr.close()
