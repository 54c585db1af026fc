"""fetchmail and mpop empty a maildrop: APOP, STLS, and TLS from the start."""

import hashlib

from harness import ALICE, APOP_SECRET, PASSWORD, ServerTest, message, mime_message


class Fetchers(ServerTest):
    def setUp(self):
        super().setUp()
        for number in range(3):
            self.server.send(message(f"fetch-{number}", 1000 * 10**number))
        self.server.send(mime_message("fetch-mime"))
        self.stored = [content for _, content in self.server.messages()]

    def check_fetched(self, folder):
        """Every message is in the folder's files once, and gone from the server."""
        fetched = [path.read_bytes().replace(b"\r\n", b"\n") for path in sorted(folder.iterdir())]
        expected = [content.replace(b"\r\n", b"\n") for content in self.stored]
        self.assertEqual(len(fetched), len(expected))
        for content in expected:
            self.assertTrue(any(file.endswith(content) or content in file for file in fetched), content[:300])
        self.assertEqual(self.server.messages(), [])

    def fetchmail(self, service, secret, *options):
        inbox = self.folder / "fetched"
        inbox.mkdir()
        deliver = self.folder / "deliver"
        deliver.write_text(f'#!/bin/sh\nexec cat > "$(mktemp {inbox}/XXXXXXXX)"\n')
        deliver.chmod(0o755)
        control = self.folder / "fetchmailrc"
        control.write_text(
            f'poll localhost service {self.server.ports[service]} protocol {options[0]}\n'
            f'user "{ALICE}" password "{secret}" {" ".join(options[1:])} mda "{deliver}" no rewrite no mimedecode\n')
        control.chmod(0o600)
        self.run_client("fetchmail", "--fetchmailrc", control, "--pidfile", self.folder / "fetchmail.pid", "--norewrite",
                        "--invisible", "--nosyslog", "--nodetach", environment={"FETCHMAILHOME": str(self.folder)})
        self.check_fetched(inbox)

    def test_fetchmail_apop(self):
        self.fetchmail("pop3", APOP_SECRET, "APOP", "sslproto ''")

    def test_fetchmail_stls(self):
        self.fetchmail("pop3", PASSWORD, "POP3", f'sslproto "tls1.2+" sslcertck sslcertfile "{self.server.certificate}"')

    def test_fetchmail_fingerprint(self):
        pem = self.server.certificate.read_text()
        import ssl
        digest = hashlib.md5(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        fingerprint = ":".join(digest[i:i + 2] for i in range(0, 32, 2))
        self.fetchmail("pop3s", PASSWORD, "POP3", f'ssl no sslcertck sslfingerprint "{fingerprint}"')

    def mpop(self, service, *settings):
        maildir = self.folder / "maildir"
        for name in ("", "cur", "new", "tmp"):
            (maildir / name).mkdir()
        control = self.folder / "mpoprc"
        control.write_text("\n".join([
            "account test", "host 127.0.0.1", f"port {self.server.ports[service]}", f"user {ALICE}", "keep off",
            "received_header off", f"delivery maildir {maildir}", f"uidls_file {self.folder}/uidls", *settings, ""]))
        control.chmod(0o600)
        self.run_client("mpop", "--file", control, "test")
        self.check_fetched(maildir / "new")

    def test_mpop_apop(self):
        self.mpop("pop3", "auth apop", f'password "{APOP_SECRET}"', "tls off")

    def test_mpop_stls(self):
        self.mpop("pop3", "auth user", f'password "{PASSWORD}"', "tls on", "tls_starttls on",
                  f"tls_trust_file {self.server.certificate}")

    def test_mpop_pop3s_pipelined(self):
        self.mpop("pop3s", "auth plain", f'password "{PASSWORD}"', "tls on", "tls_starttls off", "pipelining on",
                  f"tls_trust_file {self.server.certificate}")
