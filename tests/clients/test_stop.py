"""SIGTERM and SIGHUP while clients are at work."""

import poplib
import smtplib
import socket
import ssl
import threading
import time

from harness import ALICE, PASSWORD, ServerTest, make_certificate, message, patient


class Stop(ServerTest):
    def test_sigterm_says_goodbye_and_loses_nothing(self):
        acknowledged, refusals = [], []

        def deliver(sender):
            try:
                with self.server.smtp() as client:
                    for number in range(100000):
                        client.sendmail("a@example.net", [ALICE], message(f"stop-{sender}-{number}", 3000))
                        acknowledged.append(f"stop-{sender}-{number}")
            except smtplib.SMTPResponseException as error:
                refusals.append(error.smtp_code)
            except (OSError, smtplib.SMTPServerDisconnected):
                refusals.append(None)

        threads = [threading.Thread(target=deliver, args=(sender,)) for sender in range(8)]
        for thread in threads:
            thread.start()
        patient(lambda: len(acknowledged) > 50)
        with self.server.imap() as idle:
            idle.send(b"i IDLE\r\n")
            self.assertTrue(idle.readline().startswith(b"+"))
            pop = poplib.POP3("127.0.0.1", self.server.ports["pop3"])
            half = socket.create_connection(("127.0.0.1", self.server.ports["smtp"]))
            half.sendall(b"EHLO half.example\r\nMAIL FROM:<a")
            self.assertEqual(self.server.stop(), 0, self.server.log_text())
            goodbye = b""
            while line := idle.readline():
                goodbye = line
            self.assertTrue(goodbye.startswith(b"* BYE"), goodbye)
            idle.shutdown()
        self.assertTrue(pop.file.read().startswith(b"-ERR"))
        said = b""
        while piece := half.recv(65536):
            said += piece
        self.assertIn(b"\r\n421 ", said)
        for thread in threads:
            thread.join()
        self.server.start()
        stored = b"".join(content for _, content in self.server.messages())
        missing = [name for name in acknowledged if stored.count(b"Subject: %s\r\n" % name.encode()) != 1]
        self.assertEqual(missing, [])

    def test_sigterm_lets_a_message_under_way_come_in(self):
        client = self.server.smtp()
        client.ehlo()
        client.mail("a@example.net")
        client.rcpt(ALICE)
        self.assertEqual(client.docmd("DATA")[0], 354)
        sent = message("under-way", 5000)
        client.send(sent[:2000])
        self.server.process.terminate()
        time.sleep(0.3)
        client.send(sent[2000:].replace(b"\r\n.", b"\r\n..") + b".\r\n")
        self.assertEqual(client.getreply()[0], 250)
        self.assertEqual(client.getreply()[0], 421)
        client.close()
        self.assertEqual(self.server.wait(20), 0)
        self.server.start()
        self.assertEqual(len(self.server.messages()), 1)

    def peer_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.server.ports["imaps"])) as plain:
            with context.wrap_socket(plain) as tls:
                return tls.getpeercert(binary_form=True)

    def test_sighup_takes_a_new_certificate_and_drops_nobody(self):
        before = self.peer_certificate()
        with self.server.imap() as client:
            certificate, key = make_certificate(self.folder, "renewed")
            certificate.rename(self.server.certificate)
            key.rename(self.server.key)
            self.server.hang_up()
            patient(lambda: self.peer_certificate() != before, what="the new certificate")
            self.assertEqual(client.noop()[0], "OK")
            self.server.send(message("after-reload"))
            client.noop()
            self.assertEqual(client.response("EXISTS")[1][-1], b"1")

    def test_sighup_brings_a_quota_for_all(self):
        self.server.send(message("before"))
        self.server.config.write_text(self.server.config.read_text() + "user_messages = 1\n")
        self.server.hang_up()
        with self.server.imap() as client:
            patient(lambda: client.getquotaroot("INBOX")[1][1] == [b'"" (MESSAGE 1 1)'], what="the quota")
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.server.send(message("too-many"))

    def test_sighup_with_a_broken_file_changes_nothing(self):
        before = self.peer_certificate()
        self.server.config.write_text(self.server.config.read_text() + "nonsense = 1\n")
        self.server.certificate.write_text("no certificate\n")
        self.server.hang_up()
        patient(lambda: "nonsense" in self.server.log_text() or "mail.pem" in self.server.log_text(), what="a log line")
        self.assertEqual(self.peer_certificate(), before)
        self.server.send(message("still-up"))

    def test_verbs_take_effect_while_it_runs(self):
        self.server.cli("user", "add", "carol@example.org", "--password-stdin", stdin=PASSWORD + "\n")
        self.server.cli("alias", "add", "info@example.org", "carol@example.org", ALICE)
        self.server.send(message("to-alias"), to="info@example.org")
        self.assertEqual(len(self.server.messages("carol@example.org")), 1)
        self.assertEqual(len(self.server.messages(ALICE)), 1)
        self.server.cli("user", "remove", "carol@example.org", "--yes")
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.server.send(message("gone"), to="carol@example.org")
