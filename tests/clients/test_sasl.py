"""Logins by SASL that show no password: gsasl, msmtp and mpop with GNU SASL, and Python."""

import imaplib

from harness import ALICE, APOP_SECRET, BOB, PASSWORD, ServerTest, message


class Sasl(ServerTest):
    def gsasl(self, protocol, mechanism, *arguments, user=ALICE, password=PASSWORD, status=0):
        service = "imap" if protocol == "imap" else "submission"
        return self.run_client(
            "gsasl", f"--{protocol}", f"--connect=127.0.0.1:{self.server.ports[service]}", "--quiet",
            f"--mechanism={mechanism}", f"--authentication-id={user}", f"--password={password}", *arguments,
            stdin=b"", status=status)

    def test_gsasl(self):
        plain = ("--no-starttls",)
        for protocol in ("imap", "smtp"):
            for mechanism, where, password in [
                ("SCRAM-SHA-256", plain, PASSWORD),
                ("CRAM-MD5", plain, APOP_SECRET),
            ]:
                with self.subTest(protocol=protocol, mechanism=mechanism, where=where):
                    self.gsasl(protocol, mechanism, *where, password=password)
                    self.gsasl(protocol, mechanism, *where, password="wrong", status=1)

    def test_gsasl_finds_no_user(self):
        for user in ("nobody@example.org", BOB):
            self.gsasl("imap", "CRAM-MD5", "--no-starttls", user=user, password=APOP_SECRET, status=1)
        self.gsasl("imap", "SCRAM-SHA-256", "--no-starttls", user="nobody@example.org", status=1)

    def msmtp(self, method, password=PASSWORD, status=0):
        control = self.folder / "msmtprc"
        control.write_text(
            f"account default\nhost 127.0.0.1\nport {self.server.ports['submission']}\ndomain client.example.org\n"
            f"tls on\ntls_starttls on\ntls_trust_file {self.server.certificate}\nfrom {BOB}\n"
            f"auth {method}\nuser {BOB}\npassword {password}\n")
        control.chmod(0o600)
        sent = message(f"msmtp-{method}")
        self.run_client("msmtp", f"--file={control}", "--", ALICE, stdin=sent, status=status)
        return sent

    def test_msmtp(self):
        sent = self.msmtp("scram-sha-256")
        self.msmtp("scram-sha-256", password="wrong", status=70)  # what libgsasl makes of "e=invalid-proof"
        [(_, stored)] = self.server.messages()
        self.assert_delivered(stored, sent)

    def test_mpop(self):
        self.server.send(message("mpop-scram"))
        [(_, stored)] = self.server.messages()
        for method, password in [("scram-sha-256", PASSWORD)]:
            with self.subTest(method=method):
                folder = self.folder / method
                for name in ("cur", "new", "tmp"):
                    (folder / name).mkdir(parents=True)
                control = self.folder / "mpoprc"
                control.write_text(
                    f"account default\nhost 127.0.0.1\nport {self.server.ports['pop3']}\ntls on\ntls_starttls on\n"
                    f"tls_trust_file {self.server.certificate}\nkeep on\nuidls_file {folder}.uidls\n"
                    f"received_header off\nauth {method}\nuser {ALICE}\npassword {password}\n"
                    f"delivery maildir {folder}\n")
                control.chmod(0o600)
                self.run_client("mpop", f"--file={control}", "--quiet")
                [file] = (folder / "new").iterdir()
                self.assertEqual(file.read_bytes().replace(b"\n", b"\r\n"), stored)

    def test_python_cram_md5(self):
        with self.server.smtp("submission") as client:
            client.ehlo()
            client.user, client.password = ALICE, APOP_SECRET
            self.assertEqual(client.auth("CRAM-MD5", client.auth_cram_md5)[0], 235)
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        self.assertEqual(client.login_cram_md5(ALICE, APOP_SECRET)[0], "OK")
        client.logout()
