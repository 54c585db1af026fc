"""TLS as openssl s_client sees it: names, renewal, resumption, and what is refused.

testssl.sh (Debian's package of this name) takes some minutes, and so has to be named: TESTSSL=testssl.
"""

import json
import os
import re
import subprocess

from harness import CLIENT_TIMEOUT, ServerTest, patient


class Tls(ServerTest):
    def setUp(self):
        super().setUp()
        self.other = self.make("mail.example.net", "*.example.net")
        text = self.server.config.read_text()
        more = f'more = [["{self.other[0]}", "{self.other[1]}"]]\n'
        self.server.config.write_text(text.replace("[limits]\n", more + "[limits]\n"))
        self.reload()

    def make(self, *names):
        """A certificate for these, and its key: an RSA one, as the default one's is not."""
        certificate, key = self.folder / "other.pem", self.folder / "other.key"
        names = ",".join(f"DNS:{name}" for name in names)
        self.run_client("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=other",
                        "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate)
        return certificate, key

    def reload(self):
        before = self.server.log.read_text().count("config.reloaded")
        self.server.hang_up()
        patient(lambda: self.server.log.read_text().count("config.reloaded") > before, what="the reload")

    def connect(self, *arguments, port="imaps", stdin=b"a LOGOUT\r\n"):
        """What s_client says, and whether it got through. An alert is the server's."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.ports[port]}", "-ign_eof",
                               *map(str, arguments)], input=stdin, capture_output=True, timeout=CLIENT_TIMEOUT)
        return (done.stdout + done.stderr).decode(errors="replace"), b"BYE" in done.stdout or b"221" in done.stdout

    def subject(self, *arguments, **more):
        said, _ = self.connect(*arguments, **more)
        found = re.search(r"^subject=CN = (.*)$", said, re.MULTILINE)
        return found[1] if found else said

    def test_the_certificate_is_that_of_the_name(self):
        for name, subject in (("mail.example.net", "other"), ("imap.EXAMPLE.net", "other"), ("a.imap.example.net", "mail.example.org"),
                              ("unknown.example.com", "mail.example.org")):
            self.assertEqual(self.subject("-servername", name), subject, name)
        self.assertEqual(self.subject("-noservername"), "mail.example.org")
        self.assertEqual(self.subject("-servername", "mail.example.net", "-starttls", "imap", port="imap"), "other")
        self.assertEqual(self.subject("-servername", "mail.example.net", "-starttls", "smtp", port="smtp", stdin=b"QUIT\r\n"), "other")
        self.assertEqual(self.subject("-servername", "mail.example.net", "-alpn", "x,imap"), "other")

    def test_sessions_are_resumed_after_a_reload(self):
        for version in ("-tls1_2", "-tls1_3"):
            for name in ("mail.example.org", "mail.example.net"):
                file = self.folder / "session"
                said, through = self.connect(version, "-servername", name, "-sess_out", file)
                self.assertTrue(through and "New, TLSv" in said, said)
                self.reload()
                said, through = self.connect(version, "-servername", name, "-sess_in", file)
                self.assertTrue(through and "Reused, TLSv" in said, said)

    def test_old_versions_and_weak_ciphers_are_refused(self):
        for arguments in (["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
                          ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"],
                          ["-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"], ["-tls1_2", "-cipher", "aNULL"]):
            weak = arguments if "-cipher" in arguments else arguments + ["-cipher", "ALL"]
            weak[-1] += ":@SECLEVEL=0"
            said, through = self.connect(*weak, "-servername", "mail.example.net")
            self.assertFalse(through, said)
            self.assertRegex(said, "alert (protocol version|handshake failure)", arguments)
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            self.assertTrue(self.connect("-tls1_2", "-cipher", cipher)[1], cipher)

    def test_renewed_files_need_no_signal_and_drop_nobody(self):
        with self.server.imap() as client:
            certificate, key = self.make("new.example.net")
            self.assertEqual(self.subject("-servername", "new.example.net"), "other", "by the wildcard of the old one")
            self.assertEqual(client.noop()[0], "OK")
            patient(lambda: "tls.certificate_renewed" in self.server.log.read_text(), seconds=90, what="the renewal")
            self.assertEqual(self.subject("-servername", "new.example.net"), "other")
            self.assertEqual(self.subject("-servername", "mail.example.net"), "mail.example.org", "it is no name any more")
            self.assertEqual(client.noop()[0], "OK")

    def test_testssl_finds_nothing(self):
        tool = os.environ.get("TESTSSL")
        if not tool:
            self.skipTest("TESTSSL does not name testssl.sh")
        for name in ("mail.example.org", "mail.example.net"):
            report = self.folder / f"{name}.json"
            # All but what is of certificates: a self-signed one is not trusted.
            self.run_client(tool, "--quiet", "--warnings", "batch", "--color", "0", "--ip", "127.0.0.1", "--protocols", "--std",
                            "--fs", "--vulnerable", "--jsonfile", report, f"{name}:{self.server.ports['imaps']}", status=None)
            findings = json.loads(report.read_text())
            self.assertGreater(len(findings), 20)
            bad = [found for found in findings if found["severity"] not in ("OK", "INFO", "DEBUG")]
            self.assertEqual(bad, [])
