"""DANE (RFC 7672): TLSA records in a signed zone say which certificates mail may go to.

The zone is signed by ldns-signzone and served by NSD (Debian's ldnsutils and nsd, whose service need not run).
"""

import hashlib
import shutil
import ssl
import subprocess

from harness import ServerTest, make_certificate, message, patient
from name_server import NameServer
from sink import Sink

# Mail by MX records goes to port 25. Each domain has a server of its own, d1.example 127.0.0.11.
DOMAINS = ("right", "wrong", "plain", "unsigned", "forged")


class Dane(ServerTest):
    def setUp(self):
        if not NameServer.installed() or not shutil.which("ldns-signzone"):
            self.skipTest("NSD or ldnsutils is not installed")
        self.sinks = {}
        for number, domain in enumerate(DOMAINS):
            try:
                self.sinks[domain] = self.enterContext(Sink(address=f"127.0.0.{11 + number}", port=25))
            except OSError as error:
                self.skipTest(f"port 25 is not to be had: {error}")
        super().setUp()
        key = self.make_zone()
        names = NameServer(self.folder, "zone.signed")
        self.addCleanup(names.stop)
        names.start()
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write('[relay]\nretry = ["1s"]\n'
                         f'[dns]\nforwarders = ["127.0.0.1:{names.port}"]\ntrust_anchor = "{key}"\n')
        self.server.start()

    def run_tool(self, *words, stdin=None):
        done = subprocess.run(words, cwd=self.folder, input=stdin, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def make_zone(self):
        """Its key, a DNSKEY record, is where trust begins."""
        certificate, key = make_certificate(self.folder, "sink")
        public = self.run_tool("openssl", "x509", "-in", certificate, "-pubkey", "-noout")
        digest = hashlib.sha256(self.run_tool("openssl", "pkey", "-pubin", "-outform", "DER", stdin=public)).hexdigest()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        lines = ["$ORIGIN example.", "$TTL 60", "@ SOA ns host 1 3600 600 86400 60", "@ NS ns", "ns A 127.0.0.1"]
        for number, domain in enumerate(DOMAINS):
            self.sinks[domain].tls = None if domain in ("plain", "unsigned") else context
            lines += [f"{domain} MX 10 mx-{domain}", f"mx-{domain} A 127.0.0.{11 + number}"]
            if domain != "unsigned":
                lines.append(f"_25._tcp.mx-{domain} TLSA 3 1 1 {'00' * 32 if domain == 'wrong' else digest}")
        (self.folder / "zone").write_text("\n".join(lines) + "\n")
        name = self.run_tool("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "example").decode().strip()
        self.run_tool("ldns-signzone", "-o", "example", "zone", name)
        # Somebody changes what was signed.
        signed = self.folder / "zone.signed"
        text = signed.read_text()
        forged = text.replace("127.0.0.15", "127.0.0.12")
        self.assertNotEqual(text, forged)
        signed.write_text(forged)
        return self.folder / f"{name}.key"

    def test_dane(self):
        for domain in DOMAINS:
            self.server.submit(message(domain), [f"carol@{domain}.example"])
        log = self.server.log.read_text
        try:
            patient(lambda: self.sinks["right"].arrivals and self.sinks["unsigned"].arrivals)
            patient(lambda: all(f"relay.unreachable destination={domain}.example" in log() for domain in ("wrong", "plain", "forged")))
        except AssertionError:
            self.fail(log())
        self.assertTrue(self.sinks["right"].arrivals[0].tls)
        self.assertFalse(self.sinks["unsigned"].arrivals[0].tls)
        for domain in ("wrong", "plain", "forged"):
            self.assertEqual(self.sinks[domain].arrivals, [], domain)
            print([line for line in log().splitlines() if f"={domain}.example" in line][-1].partition("why=")[2], end=" ")
        self.assertEqual(self.server.messages(), [], "all of it may still be mended")
