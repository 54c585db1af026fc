"""swaks speaks SMTP plainly, under STARTTLS, pipelined, and with a large message."""

from harness import ALICE, BOB, PASSWORD, ServerTest, message


class Swaks(ServerTest):
    def swaks(self, service, sent, *arguments, **more):
        file = self.folder / "sent.eml"
        # swaks itself writes CRLF and stuffs dots.
        file.write_bytes(sent.replace(b"\r\n", b"\n"))
        return self.run_client("swaks", "--server", "127.0.0.1", "--port", self.server.ports[service], "--helo",
                               "client.example.org", "--from", BOB, "--to", ALICE, "--data", f"@{file}",
                               "--timeout", "60", *arguments, **more)

    def check(self, service, sent, *arguments):
        said = self.swaks(service, sent, *arguments)
        [(_, stored)] = self.server.messages()
        # swaks adds an empty line at the end of what it reads from a file.
        self.assert_delivered(stored.removesuffix(b"\r\n") if not stored.endswith(sent) else stored, sent)
        return said

    def test_plain(self):
        self.check("smtp", message("swaks-plain"))

    def test_starttls_with_login(self):
        said = self.check("submission", message("swaks-starttls"), "--tls", "--auth", "PLAIN", "--auth-user", BOB,
                          "--auth-password", PASSWORD)
        self.assertIn(b"TLS started", said)

    def test_auth_login_and_tls_on_connect(self):
        self.check("submissions", message("swaks-smtps"), "--tls-on-connect", "--auth", "LOGIN", "--auth-user", BOB,
                   "--auth-password", PASSWORD)

    def test_pipelined(self):
        said = self.check("smtp", message("swaks-pipeline"), "--pipeline")
        self.assertIn(b"PIPELINING", said)

    def test_20_megabytes(self):
        self.check("smtp", message("swaks-20-MB", 20 * 1000 * 1000), "--suppress-data")

    def test_no_open_relay(self):
        self.swaks("smtp", message("relay"), "--to", "somebody@elsewhere.example", status=24)
