"""mutt in batch mode: sends by submission with a copy in Sent, and copies a mailbox out by IMAP and by POP3."""

import email
import os
import pty
import re
import select
import subprocess
import time

from harness import ALICE, BOB, PASSWORD, ServerTest, message


class Mutt(ServerTest):
    def setUp(self):
        super().setUp()
        self.control = self.folder / "muttrc"
        self.control.write_text(f"""
set charset=utf-8 send_charset="us-ascii:utf-8" realname="Bob" from="{BOB}" use_from=yes envelope_from=yes hostname=client.example.org
set smtp_url="smtp://{BOB}@127.0.0.1:{self.server.ports['submission']}/" smtp_pass="{PASSWORD}"
set imap_user="{ALICE}" imap_pass="{PASSWORD}" pop_user="{ALICE}" pop_pass="{PASSWORD}"
set ssl_starttls=yes ssl_force_tls=yes ssl_use_sslv3=no certificate_file="{self.server.certificate}"
set ssl_verify_host=no mail_check=60 timeout=5 imap_idle=no header_cache="" message_cachedir="" mbox_type=mbox
set confirmappend=no confirmcreate=no delete=no quit=yes wait_key=no move=no copy=yes record="{self.folder}/copies" sort=mailbox-order
set pop_delete=no pop_last=no folder="{self.folder}"
""")

    def send(self, subject, text, *arguments):
        return self.run_client("mutt", "-F", self.control, "-s", subject, *arguments, "--", ALICE, stdin=text)

    def copy_out(self, mailbox, count):
        """Copies the first messages of a mailbox to an mbox file, at a terminal of its own; the file's content."""
        out = self.folder / "out.mbox"
        out.write_bytes(b"")
        # To the first message; each copied to the file whose name replaces what the prompt proposes; quit.
        keys = "=" + f"C\x15{out}\rj" * count + "q"
        ours, theirs = pty.openpty()
        client = subprocess.Popen(
            ["mutt", "-F", self.control, "-f", mailbox], stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "HOME": str(self.folder), "TERM": "xterm"}, start_new_session=True)
        os.close(theirs)
        said = b""
        end = time.monotonic() + 30
        try:
            while select.select([ours], [], [], max(0, end - time.monotonic()))[0]:
                said += os.read(ours, 65536)
                if keys and b"Msgs:%d" % count in said:
                    os.write(ours, keys.encode())
                    keys = ""
        except OSError:  # the terminal's other end is closed: mutt has ended
            pass
        finally:
            client.kill()
            os.close(ours)
        self.assertEqual(client.wait(), 0, re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b.", b" ", said)[-3000:])
        return out.read_bytes()

    def test_sends_with_an_attachment(self):
        attached = self.folder / "all-bytes.bin"
        attached.write_bytes(bytes(range(256)) * 50)
        self.send("mutt sends", b"Gr\xc3\xbc\xc3\x9fe\n.\nFrom here\n", "-a", attached)
        [(_, stored)] = self.server.messages()
        self.assertIn(b"Subject: mutt sends\r\n", stored)
        text, part = email.message_from_bytes(stored).get_payload()
        self.assertEqual(part.get_payload(decode=True), attached.read_bytes())
        self.assertEqual(text.get_payload(decode=True).decode(), "Grüße\r\n.\r\nFrom here\r\n")

    def test_keeps_a_copy_in_sent(self):
        with self.control.open("a") as control:
            control.write(f'set record="imap://127.0.0.1:{self.server.ports["imap"]}/Sent" imap_user="{BOB}"\n')
        self.send("mutt copies", b"kept\n")
        [(_, copy)] = self.server.messages(BOB, "Sent")
        [(_, stored)] = self.server.messages(ALICE)
        self.assertIn(b"Subject: mutt copies\r\n", copy)
        self.assertEqual(copy.split(b"\r\n\r\n", 1)[1], stored.split(b"\r\n\r\n", 1)[1])

    def check_reads(self, scheme):
        sent = [message(f"mutt-{number}", 3000) for number in range(5)]
        for content in sent:
            self.server.send(content)
        service = {"pop": "pop3"}.get(scheme, scheme)
        box = self.copy_out(f"{scheme}://{ALICE}@127.0.0.1:{self.server.ports[service]}/", len(sent))
        self.assertEqual(re.findall(rb"\nMessage-ID: <(mutt-\d)", box), [b"mutt-%d" % number for number in range(5)])
        for content in sent:
            text = content.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n")
            self.assertIn(text, box)

    def test_reads_by_imap(self):
        self.check_reads("imap")

    def test_reads_by_pop3(self):
        self.check_reads("pop")
