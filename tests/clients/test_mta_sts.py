"""MTA-STS (RFC 8461): policies on the web say which servers and certificates mail may go to.

The zone is served by NSD, the policies by a web server here, on port 443 of a loopback address.
"""

import http.server
import os
import ssl
import subprocess
import threading
from unittest import mock

from harness import ServerTest, message, patient
from name_server import NameServer
from sink import Sink

WEB = "127.0.0.40"
# Mail by MX records goes to port 25. Each domain has a server of its own: its policy's mode, whom the policy names
# (%: its server), and for whom its server's certificate is (None: it has no TLS).
DOMAINS = {
    "right": ("enforce", "%", "%"),
    "wild": ("enforce", "*.wild.example", "%"),
    "wrong": ("enforce", "%", "mx.elsewhere.example"),
    "unnamed": ("enforce", "mx.elsewhere.example", "%"),
    "plain": ("enforce", "%", None),
    "testing": ("testing", "%", "mx.elsewhere.example"),
    "none": ("none", "%", None),
    "redirects": ("enforce", "%", None),
    "impostor": ("enforce", "%", None),
}
DELIVERED = ("right", "wild", "testing", "none", "redirects", "impostor")
PUT_OFF = ("wrong", "unnamed", "plain")


class Web:
    """A web server for the policies of `pages`, by domain. Those that have moved are at another place of it."""

    def __init__(self, context):
        self.pages, self.moved, self.asked = {}, set(), []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                domain = self.headers["Host"].removeprefix("mta-sts.").partition(".")[0]
                web.asked.append(domain)
                if domain in web.moved and self.path == "/.well-known/mta-sts.txt":
                    self.send_response(302)
                    self.send_header("Location", "/moved")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(web.pages[domain].encode())

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((WEB, 443), Handler, bind_and_activate=False)
        self._server.allow_reuse_address = True
        self._server.server_bind()
        self._server.server_activate()
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


class MtaSts(ServerTest):
    def setUp(self):
        if not NameServer.installed():
            self.skipTest("NSD is not installed")
        self.sinks = {}
        for number, domain in enumerate(DOMAINS):
            try:
                self.sinks[domain] = self.enterContext(Sink(address=f"127.0.0.{41 + number}", port=25))
            except OSError as error:
                self.skipTest(f"port 25 is not to be had: {error}")
        super().setUp()
        self.run_tool("req", "-x509", *self.NEW_KEY, "-days", "30", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem")
        web_names = [f"mta-sts.{domain}.example" for domain in DOMAINS if domain != "impostor"]
        try:
            self.start_web(self.context("web", *web_names))
        except OSError as error:
            self.skipTest(f"port 443 is not to be had: {error}")
        for domain, (mode, names, certificate) in DOMAINS.items():
            self.put_policy(domain, mode, names)
            if certificate:
                self.sinks[domain].tls = self.context(domain, self.host(domain, certificate))
        self.web.moved.add("redirects")
        self.ids = dict.fromkeys(DOMAINS, 1)
        self.names = NameServer(self.folder, "zone")
        self.addCleanup(self.names.stop)
        self.serve_zone()
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write('[relay]\nretry = ["1s"]\n'
                         f'[dns]\nforwarders = ["127.0.0.1:{self.names.port}"]\ntrust_anchor = "none"\n')
        self.enterContext(mock.patch.dict(os.environ, SSL_CERT_FILE=str(self.folder / "ca.pem")))
        self.server.start()

    NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    def run_tool(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def context(self, name, *hosts):
        """Of a server whose certificate is for `hosts`, by the authority that is trusted."""
        self.run_tool("req", "-x509", *self.NEW_KEY, "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-subj", f"/CN={name}",
                      "-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts),
                      "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    @staticmethod
    def host(domain, name="%"):
        return name.replace("%", f"mx.{domain}.example")

    def start_web(self, context):
        self.web = Web(context)
        self.addCleanup(self.web.stop)

    def put_policy(self, domain, mode, names="%"):
        self.web.pages[domain] = f"version: STSv1\r\nmode: {mode}\r\nmx: {self.host(domain, names)}\r\nmax_age: 86400\r\n"

    def serve_zone(self):
        lines = ["$ORIGIN example.", "$TTL 1", "@ SOA ns host 1 3600 600 86400 1", "@ NS ns", "ns A 127.0.0.1"]
        for number, domain in enumerate(DOMAINS):
            lines += [f"{domain} MX 10 mx.{domain}", f"mx.{domain} A 127.0.0.{41 + number}"]
            if domain in self.ids:
                lines += [f'_mta-sts.{domain} TXT "v=STSv1; id={self.ids[domain]};"', f"mta-sts.{domain} A {WEB}"]
        (self.folder / "zone").write_text("\n".join(lines) + "\n")
        self.names.start()

    def send(self, domain, subject=None):
        self.server.submit(message(subject or domain), [f"carol@{domain}.example"])

    def arrivals(self, domain):
        return self.sinks[domain].arrivals

    def problem(self, domain):
        return [line for line in self.server.log.read_text().splitlines()
                if "relay.unreachable" in line and f"destination={domain}.example" in line]

    def test_policies(self):
        for domain in DOMAINS:
            self.send(domain)
        log = self.server.log.read_text
        patient(lambda: all(self.arrivals(domain) for domain in DELIVERED), what=log)
        patient(lambda: all(map(self.problem, PUT_OFF)), what=log)
        for domain in PUT_OFF:
            self.assertEqual(self.arrivals(domain), [], domain)
            self.assertIn("MTA-STS policy", self.problem(domain)[0])
            self.assertIn("MTA-STS policy", self.server.cli("queue", "list", "--json", "--to", f"carol@{domain}.example"))
            self.assertIn("MTA-STS policy", self.server.cli("trace", f"carol@{domain}.example"))
        self.assertTrue(self.arrivals("right")[0].tls)
        self.assertTrue(self.arrivals("testing")[0].tls, "with a wrong certificate")
        self.assertIn("relay.sts_testing domain=testing.example", log())
        self.assertFalse(self.arrivals("redirects")[0].tls)
        self.assertEqual(self.web.asked.count("redirects"), 1, "a redirect is not followed")
        self.assertIn("relay.sts_not_fetched domain=impostor.example", log())
        self.assertEqual(self.server.messages(), [], "all of it may still be mended")

    def test_a_policy_outlives_its_server(self):
        self.send("right", "first")
        patient(lambda: self.arrivals("right"), what=self.server.log.read_text)
        # The web server is gone, and so is what the DNS said of it.
        self.web.stop()
        del self.ids["right"]
        self.serve_zone()
        self.server.stop()
        self.server.start()
        right, self.sinks["right"].tls = self.sinks["right"].tls, None
        self.send("right", "second")
        patient(lambda: self.problem("right"), what=self.server.log.read_text)
        self.assertIn("MTA-STS policy", self.problem("right")[0])
        self.sinks["right"].tls = right
        patient(lambda: len(self.arrivals("right")) == 2, what=self.server.log.read_text)

    def test_a_policy_that_changes(self):
        self.send("wrong")
        patient(lambda: self.problem("wrong"), what=self.server.log.read_text)
        self.put_policy("wrong", "none")
        asked = self.web.asked.count("wrong")
        patient(lambda: len(self.problem("wrong")) > 1, what=self.server.log.read_text)
        self.assertEqual(self.web.asked.count("wrong"), asked, "its id is the same")
        self.ids["wrong"] = 2
        self.serve_zone()
        patient(lambda: self.arrivals("wrong"), what=self.server.log.read_text)
