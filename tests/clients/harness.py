"""The real server for tests by real clients: started on loopback, in a scratch folder, with two users."""

import base64
import contextlib
import imaplib
import os
import pathlib
import poplib
import random
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = pathlib.Path(os.environ.get("POSTROOM", "build/release/postroom")).resolve()
ALICE, BOB = "alice@example.org", "bob@example.org"
PASSWORD = "correct horse"
APOP_SECRET = "battery staple"
SERVICES = ("smtp", "submission", "submissions", "lmtp", "pop3", "pop3s", "imap", "imaps")
# A client that hangs fails its test instead of the whole run.
CLIENT_TIMEOUT = 120


def make_certificate(folder, name):
    """A self-signed certificate for 127.0.0.1 and its key; their paths."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "30", "-subj", f"/CN={name}.example.org", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    return certificate, key


class Server:
    """One postroom process and its data. Use as a context manager, or start() and stop()."""

    def __init__(self, folder, data=None, settings="", **limits):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data or self.folder / "data")
        self.data.mkdir(exist_ok=True)
        self.config = self.folder / "postroom.toml"
        self.log = self.folder / "server.log"
        self.process = None
        self.ports = {}
        self.certificate, self.key = make_certificate(self.folder, "mail")
        listen = "\n".join(f'{service} = ["127.0.0.1:0"]' for service in SERVICES)
        limit_lines = "\n".join(f"{key} = {value}" for key, value in limits.items())
        self.config.write_text(
            f'hostname = "mail.example.org"\ndata = "{self.data}"\n'
            f"[listen]\n{listen}\n[tls]\ncertificate = \"mail.pem\"\nkey = \"mail.key\"\n[limits]\n{limit_lines}\n{settings}")

    def cli(self, *arguments, stdin=None, check=True):
        """Runs a verb; its standard output."""
        done = subprocess.run([BINARY, "--config", self.config, *arguments], input=stdin, capture_output=True,
                              text=True, timeout=CLIENT_TIMEOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"postroom {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def add_accounts(self):
        self.cli("domain", "add", "example.org")
        for user in (ALICE, BOB):
            self.cli("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
        self.cli("user", "apop", "enable", ALICE, "--secret-stdin", stdin=APOP_SECRET + "\n")

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([BINARY, "--config", self.config, "serve"], stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready"):
            raise AssertionError(f"the server said {line!r} and logged:\n{self.log_text()}")
        self.ports = {name: int(port) for name, port in re.findall(r"(\w+)=127\.0\.0\.1:(\d+)", line)}
        return self

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.wait(20)

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not stop; it logged:\n{self.log_text()}") from None
        finally:
            self.process.stdout.close()

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def memory(self, field="VmRSS"):
        """KiB: VmRSS now, VmHWM at most so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1])

    def forget_peak(self):
        """VmHWM counts from now on."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def log_text(self):
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def url(self, service, path="", scheme=None):
        return f"{scheme or service}://127.0.0.1:{self.ports[service]}/{path}"

    # Python's own clients, for what a test only needs done.

    def smtp(self, service="smtp"):
        return smtplib.SMTP("127.0.0.1", self.ports[service], local_hostname="client.example.org", timeout=CLIENT_TIMEOUT)

    def send(self, message, to=ALICE, sender="sender@example.net"):
        with self.smtp() as client:
            client.sendmail(sender, to, message)

    def submit(self, message, to, sender=ALICE):
        """As a user who has logged in."""
        with self.smtp("submission") as client:
            client.login(sender, PASSWORD)
            client.sendmail(sender, to, message)

    def pop3(self, user=ALICE):
        client = poplib.POP3("127.0.0.1", self.ports["pop3"], timeout=CLIENT_TIMEOUT)
        client.user(user)
        client.pass_(PASSWORD)
        return client

    @contextlib.contextmanager
    def imap(self, user=ALICE, mailbox="INBOX"):
        client = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=CLIENT_TIMEOUT)
        client.login(user, PASSWORD)
        if mailbox:
            client.select(mailbox)
        try:
            yield client
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def messages(self, user=ALICE, mailbox="INBOX"):
        """All messages of a mailbox: [(uid, bytes)]."""
        with self.imap(user, mailbox) as client:
            answer, data = client.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
            assert answer == "OK", data
            return [(int(re.search(rb"UID (\d+)", item[0])[1]), item[1]) for item in data if isinstance(item, tuple)]


class ServerTest(unittest.TestCase):
    """A test with a server of its own, which must still run when the test is done."""

    limits = {}
    # More of the configuration, as TOML.
    settings = ""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postroom-clients-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = Server(self.folder, settings=self.settings, **self.limits)
        self.server.add_accounts()
        self.server.start()
        self.addCleanup(self._end)

    def move_to_small_disk(self):
        """Another server, with its data on a file system of 32 MB of its own, self.disk."""
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", self.disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no right to mount a file system")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)
        self.assertEqual(self.server.stop(), 0)
        (self.folder / "full").mkdir()
        self.server = Server(self.folder / "full", data=self.disk, settings=self.settings, **self.limits)
        self.server.add_accounts()
        self.server.start()

    def _end(self):
        if not self.server.running():
            return
        self.assertEqual(self.server.stop(), 0, self.server.log_text())

    def run_client(self, *command, stdin=None, status=0, environment=None):
        """A client program; its output. Fails with all it said unless it ends with `status`."""
        done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, timeout=CLIENT_TIMEOUT,
                              env={**os.environ, "HOME": str(self.folder), **(environment or {})}, cwd=self.folder)
        if status is not None and done.returncode != status:
            said = (done.stdout + done.stderr)[-6000:].decode(errors="replace")
            self.fail(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{said}\n{self.server.log_text()}")
        return done.stdout

    def assert_delivered(self, stored, sent):
        """`stored` is `sent` behind the trace fields that a receiving server adds (RFC 5321 4.4), byte for byte."""
        self.assertTrue(stored.endswith(sent), f"{sent[-200:]!r}\nwas stored as\n{stored[-200:]!r}")
        trace = stored[: len(stored) - len(sent)]
        names = [line.split(b":")[0] for line in trace.split(b"\r\n") if line and line[:1] not in b" \t"]
        self.assertLessEqual(set(names), {b"Return-Path", b"Received"}, trace)
        self.assertIn(b"Received", names)


def patient(condition, seconds=20, what="it"):
    """Waits until the condition holds. `what` is a text, or a function that makes it when it is needed."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            told = what() if callable(what) else what
            raise AssertionError(f"{told} did not come about in {seconds} s")
        time.sleep(0.02)


def body(seed, size):
    """Text of about `size` bytes in lines of different lengths, with dots where they matter."""
    source = random.Random(seed)
    lines = [".", "..", ".dot", "", "From here", "x" * 998]
    total = sum(map(len, lines))
    while total < size:
        line = base64.b64encode(source.randbytes(source.randint(1, 57))).decode()
        lines.append(line)
        total += len(line) + 2
    return "\r\n".join(lines) + "\r\n"


def message(subject, size=2000, extra=""):
    """A message as bytes, CRLF everywhere, different for each subject."""
    head = f"From: Sender <sender@example.net>\r\nTo: {ALICE}\r\nSubject: {subject}\r\nDate: Thu, 01 Jan 2026 12:00:00 +0000\r\n"
    return (head + f"Message-ID: <{subject}@example.net>\r\n{extra}\r\n" + body(subject, size)).encode()


def mime_message(subject):
    """Two parts, one of them eight-bit UTF-8."""
    parts = (
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n', "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße, 世界\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bytes(range(256))).decode().replace("\n", "\r\n") + "--b--\r\n")
    head = message(subject, 0, parts[0]).split(b"\r\n\r\n")[0]
    return head + b"\r\n\r\n" + parts[1].encode()


if __name__ == "__main__":
    sys.exit("run tests/clients/run")
