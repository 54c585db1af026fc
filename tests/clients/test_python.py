"""Python's smtplib, poplib and imaplib, where they go further than the other clients."""

import imaplib
import poplib
import re
import smtplib
import ssl
import threading

from harness import ALICE, APOP_SECRET, BOB, PASSWORD, ServerTest, message, mime_message


class Python(ServerTest):
    def tls(self):
        return ssl.create_default_context(cafile=str(self.server.certificate))

    def test_smtplib(self):
        sent = mime_message("smtplib")
        with self.server.smtp("submission") as client:
            client.starttls(context=self.tls())
            client.login(BOB, PASSWORD)
            self.assertEqual(client.sendmail(BOB, [ALICE, BOB], sent, mail_options=["BODY=8BITMIME"]), {})
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail(BOB, ["nobody@example.org"], sent)
            self.assertEqual(client.vrfy(ALICE)[0] // 10, 25)
        for user in (ALICE, BOB):
            [(_, stored)] = self.server.messages(user)
            self.assert_delivered(stored, sent)

    def test_quota(self):
        self.server.cli("user", "quota", ALICE, "5000", "--max-messages", "3")
        sent = message("quota", 3000)
        self.server.send(sent)
        with self.server.imap() as client:
            self.assertIn(b" QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE ", client.capability()[1][0])
            status, [[root], [quota]] = client.getquotaroot("INBOX")
            self.assertEqual((status, root), ("OK", b'INBOX ""'))
            self.assertRegex(quota, rb'^"" \(STORAGE [34] 5 MESSAGE 1 3\)$')
            self.assertEqual(client.getquota('""'), ("OK", [quota]))
            self.assertEqual(client.setquota('""', "(STORAGE 10)")[0], "NO")
            status, [why] = client.append("INBOX", None, None, sent)
            self.assertEqual((status, why[:11]), ("NO", b"[OVERQUOTA]"))
        with self.server.smtp() as client, self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("sender@example.net", ALICE, sent)
        code, why = refused.exception.recipients[ALICE]
        self.assertEqual((code, why[:5]), (452, b"4.2.2"))
        self.server.cli("user", "quota", ALICE, "none", "--max-messages", "default")
        self.server.send(sent)
        with self.server.imap() as client:
            self.assertEqual(client.getquotaroot("INBOX"), ("OK", [[b"INBOX"], [None]]))

    def test_smtplib_refuses_relay_and_wrong_passwords(self):
        with self.server.smtp() as client, self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.net", ["b@example.net"], b"Subject: relay\r\n\r\n")
        with self.server.smtp("submission") as client:
            client.starttls(context=self.tls())
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login(BOB, "wrong")

    def test_poplib(self):
        sent = [message(f"poplib-{number}", 3000) for number in range(3)]
        for content in sent:
            self.server.send(content)
        client = poplib.POP3("127.0.0.1", self.server.ports["pop3"])
        self.assertIn("STLS", client.capa())
        client.apop(ALICE, APOP_SECRET)
        self.assertEqual(client.stat()[0], 3)
        for number, content in enumerate(sent, 1):
            self.assert_delivered(b"\r\n".join(client.retr(number)[1]) + b"\r\n", content)
        uidls = client.uidl()[1]
        self.assertEqual(len(set(uidls)), 3)
        top = b"\r\n".join(client.top(1, 2)[1])
        self.assertIn(b"Subject: poplib-0", top)
        # Exclusive: a second session does not get in (RFC 1939 4).
        with self.assertRaises(poplib.error_proto):
            second = poplib.POP3("127.0.0.1", self.server.ports["pop3"])
            second.apop(ALICE, APOP_SECRET)
        client.dele(1)
        client.close()
        self.assertEqual(len(self.server.messages()), 3, "deleted without QUIT")
        client = poplib.POP3_SSL("127.0.0.1", self.server.ports["pop3s"], context=self.tls())
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(client.uidl()[1], uidls)
        client.dele(1)
        client.quit()
        self.assertEqual(len(self.server.messages()), 2)

    def test_imaplib(self):
        sent = mime_message("imaplib")
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        client.starttls(ssl_context=self.tls())
        client.login(ALICE, PASSWORD)
        self.assertEqual(client.create("Folder/Sub")[0], "OK")
        self.assertEqual(client.append("Folder/Sub", "(\\Flagged Work)", '"15-Jan-2026 12:00:00 +0000"', sent)[0], "OK")
        self.assertEqual(client.select("Folder/Sub"), ("OK", [b"1"]))
        _, data = client.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
        self.assertIn(b"\\Flagged \\Recent Work", data[0][0])
        self.assertIn(b'"15-Jan-2026 12:00:00 +0000"', data[0][0])
        self.assertIn(b"RFC822.SIZE %d" % len(sent), data[0][0])
        self.assertEqual(data[0][1], sent)
        self.assertEqual(client.search(None, "KEYWORD", "Work", "TEXT", "imaplib"), ("OK", [b"1"]))
        self.assertEqual(client.fetch("1", "(BODYSTRUCTURE ENVELOPE)")[0], "OK")
        self.assertEqual(client.copy("1", "Trash")[0], "OK")
        client.store("1", "+FLAGS", "\\Deleted")
        self.assertEqual(client.expunge(), ("OK", [b"1"]))
        client.logout()
        self.assertEqual([content for _, content in self.server.messages(mailbox="Trash")], [sent])

    def test_imaplib_in_utf8(self):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        client.starttls(ssl_context=self.tls())
        client.login(ALICE, PASSWORD)
        self.assertEqual(client.create("Entw&APw-rfe")[0], "OK")
        subject = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"
        self.assertEqual(client.append("Entw&APw-rfe", None, None, subject)[0], "OK")
        self.assertEqual(client.enable("UTF8=ACCEPT")[0], "OK")
        self.assertEqual(client.list('""', '"Entw%"'), ("OK", ['(\\HasNoChildren) "/" "Entwürfe"'.encode()]))
        self.assertEqual(client.select('"Entwürfe"'), ("OK", [b"1"]))
        self.assertEqual(client.search(None, "SUBJECT", '"GRÜSSE"'), ("OK", [b"1"]))
        client.logout()

    def test_two_sessions_see_each_other(self):
        with self.server.imap() as watcher:
            self.server.send(message("first"))
            watcher.noop()
            self.assertEqual(watcher.response("EXISTS")[1][-1], b"1")
            with self.server.imap() as other:
                other.store("1", "+FLAGS", "\\Flagged")
                watcher.noop()
                self.assertIn(b"\\Flagged", b"".join(watcher.response("FETCH")[1]))
                other.store("1", "+FLAGS", "\\Deleted")
                other.expunge()
                watcher.noop()
            self.assertEqual(watcher.response("EXPUNGE")[1], [b"1"])

    def test_idle_is_told_at_once(self):
        with self.server.imap() as watcher:
            watcher.send(b"i IDLE\r\n")
            self.assertTrue(watcher.readline().startswith(b"+"))
            self.server.send(message("wakes"))
            told = b""
            while b"1 EXISTS" not in told:
                told += watcher.readline()
            watcher.send(b"DONE\r\n")
            while not (line := watcher.readline()).startswith(b"i OK"):
                self.assertTrue(line.startswith(b"*"), line)

    def test_many_at_once(self):
        """20 clients deliver at the same time: all is there, once."""
        def deliver(sender):
            with self.server.smtp() as client:
                for number in range(10):
                    client.sendmail("a@example.net", [ALICE], message(f"many-{sender}-{number}", 300))
        threads = [threading.Thread(target=deliver, args=(sender,)) for sender in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stored = self.server.messages()
        names = [re.search(rb"Subject: (\S+)", content)[1] for _, content in stored]
        self.assertEqual(sorted(names), sorted(b"many-%d-%d" % (s, n) for s in range(20) for n in range(10)))
        self.assertEqual([uid for uid, _ in stored], list(range(1, 201)))
