"""mbsync keeps a Maildir and a mailbox the same, both ways."""

import pathlib
import re

from harness import ALICE, PASSWORD, ServerTest, message

COUNT = 300


class Mbsync(ServerTest):
    def setUp(self):
        super().setUp()
        self.maildir = self.folder / "mail"
        self.maildir.mkdir()
        self.control = self.folder / "mbsyncrc"
        self.control.write_text(f"""
IMAPStore far
Host localhost
Port {self.server.ports["imap"]}
User {ALICE}
Pass "{PASSWORD}"
SSLType STARTTLS
CertificateFile {self.server.certificate}

MaildirStore near
Path {self.maildir}/
Inbox {self.maildir}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Both
Expunge Both
SyncState *
CopyArrivalDate yes
""")

    def sync(self):
        self.run_client("mbsync", "--config", self.control, "--all")

    def near(self):
        """{Message-ID: (file, flags)} of the Maildir."""
        found = {}
        for path in self.maildir.glob("INBOX/[cn]*/*"):
            name = re.search(rb"^Message-ID: <(.+)@", path.read_bytes(), re.MULTILINE | re.IGNORECASE)[1].decode()
            self.assertNotIn(name, found)
            found[name] = (path, "".join(sorted(path.name.partition(":2,")[2])))
        return found

    def far(self):
        """{Message-ID: (UID, flags)} of the server's mailbox, and its HIGHESTMODSEQ."""
        found = {}
        with self.server.imap() as client:
            _, data = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            for item in data:
                if isinstance(item, tuple):
                    name = re.search(rb"<(.+)@", item[1])[1].decode()
                    uid = int(re.search(rb"UID (\d+)", item[0])[1])
                    found[name] = (uid, set(re.search(rb"FLAGS \(([^)]*)\)", item[0])[1].decode().split()) - {"\\Recent"})
            _, [status] = client.status("INBOX", "(HIGHESTMODSEQ)")
        return found, int(re.search(rb"HIGHESTMODSEQ (\d+)", status)[1])

    def rename(self, path, flags):
        path.rename(pathlib.Path(self.maildir, "INBOX/cur", f"{path.name.partition(':2,')[0]}:2,{flags}"))

    def test_two_ways(self):
        sent = {f"sync-{number}": message(f"sync-{number}", 500) for number in range(COUNT)}
        with self.server.imap() as client:
            for content in sent.values():
                self.assertEqual(client.append("INBOX", "", None, content)[0], "OK")
        self.sync()
        near = self.near()
        self.assertEqual(set(near), set(sent))
        for name, (path, _) in near.items():
            stored = re.sub(rb"X-TUID: [^\n]*\n", b"", path.read_bytes())
            self.assertEqual(stored, sent[name].replace(b"\r\n", b"\n"), name)

        # Changes on both sides: flags, removals, and new messages.
        for number in range(0, 40):
            self.rename(near[f"sync-{number}"][0], "FS")
        for number in range(40, 60):
            near[f"sync-{number}"][0].unlink()
        (self.maildir / "INBOX/new/1.near.example").write_bytes(message("from-near", 700).replace(b"\r\n", b"\n"))
        far, _ = self.far()
        with self.server.imap() as client:
            uids = ",".join(str(far[f"sync-{number}"][0]) for number in range(100, 140))
            client.uid("STORE", uids, "+FLAGS.SILENT", "(\\Seen \\Answered)")
            uids = ",".join(str(far[f"sync-{number}"][0]) for number in range(140, 160))
            client.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()
        self.server.send(message("from-far", 700))
        self.sync()

        near, (far, modseq) = self.near(), self.far()
        gone = {f"sync-{number}" for number in (*range(40, 60), *range(140, 160))}
        self.assertEqual(set(near), (set(sent) | {"from-near", "from-far"}) - gone)
        self.assertEqual(set(far), set(near))
        for number in range(0, 40):
            self.assertEqual(far[f"sync-{number}"][1], {"\\Seen", "\\Flagged"})
        for number in range(100, 140):
            self.assertEqual(near[f"sync-{number}"][1], "RS")

        self.sync()
        self.assertEqual(self.near(), near, "a run without changes changed the Maildir")
        self.assertEqual(self.far(), (far, modseq), "a run without changes changed the mailbox")
