"""COMPRESS=DEFLATE (RFC 4978): Python's imaplib over zlib, on a plain connection and in TLS."""

import imaplib
import io
import re
import ssl
import zlib

from harness import ALICE, CLIENT_TIMEOUT, PASSWORD, ServerTest, message


class Inflated(io.RawIOBase):
    """What the server sends, decompressed as it comes."""

    def __init__(self, sock):
        self.sock = sock
        self.state = zlib.decompressobj(-15)
        self.received = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        text = b""
        while not text:
            compressed = self.state.unconsumed_tail or self.sock.recv(65536)
            if not compressed:
                return 0
            self.received += len(compressed)
            text = self.state.decompress(compressed, len(buffer))
        buffer[:len(text)] = text
        return len(text)


def compress(client):
    """COMPRESS; the stream of what comes from then on."""
    client._simple_command("COMPRESS", "DEFLATE")
    state = zlib.compressobj(6, zlib.DEFLATED, -15)
    inflated = Inflated(client.sock)
    client.file = io.BufferedReader(inflated)
    client.send = lambda data: client.sock.sendall(state.compress(data) + state.flush(zlib.Z_SYNC_FLUSH))
    return inflated


imaplib.Commands["COMPRESS"] = ("AUTH", "SELECTED")


class Compress(ServerTest):
    def work(self, client):
        self.assertIn("COMPRESS=DEFLATE", client.capabilities)
        client.login(ALICE, PASSWORD)
        inflated = compress(client)
        self.assertNotIn(b"COMPRESS=DEFLATE", client.capability()[1][-1])
        sent = message("compressed", 300_000)
        self.assertEqual(client.append("INBOX", None, None, sent)[0], "OK")
        for number in range(200):
            self.assertEqual(client.append("INBOX", None, None, message(f"small-{number}", 500))[0], "OK")
        self.assertEqual(client.select("INBOX"), ("OK", [b"201"]))
        _, data = client.fetch("1", "(BODY.PEEK[])")
        self.assertEqual(data[0][1], sent)
        before = inflated.received
        _, data = client.fetch("1:*", "(UID FLAGS ENVELOPE)")
        size = sum(len(line) for line in data)
        self.assertEqual(len(data), 201)
        self.assertLess(inflated.received - before, size / 3)
        for _ in range(50):
            self.assertEqual(client.noop()[0], "OK")
        client.logout()

    def test_plain(self):
        self.work(imaplib.IMAP4("127.0.0.1", self.server.ports["imap"], timeout=CLIENT_TIMEOUT))

    def test_tls(self):
        context = ssl.create_default_context(cafile=str(self.server.certificate))
        self.work(imaplib.IMAP4_SSL("127.0.0.1", self.server.ports["imaps"], ssl_context=context,
                                    timeout=CLIENT_TIMEOUT))

    def test_what_is_no_deflate(self):
        with self.server.imap() as client:
            compress(client)
            client.sock.sendall(b"\x07")
            self.assertEqual(client.file.read(), b"* BYE what you send is not DEFLATE\r\n")

    def test_a_bomb_is_taken_in_pieces(self):
        """1 GB of nothing in 1 MB: what it becomes is read as any line that is too long, and never held."""
        with self.server.imap() as client:
            compress(client)
            state = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.server.forget_peak()
            peak = self.server.memory("VmHWM")
            try:
                for _ in range(1000):
                    client.sock.sendall(state.compress(b"x" * 1_000_000))
                client.sock.sendall(state.compress(b"\r\nb NOOP\r\n") + state.flush(zlib.Z_SYNC_FLUSH))
            except OSError:
                pass  # refused by ending the connection
            with self.server.imap() as other:
                self.assertEqual(other.noop()[0], "OK")
            line = client.file.readline()
            while line and not re.match(rb"b OK|\* BYE", line):
                line = client.file.readline()
            self.assertLess(self.server.memory("VmHWM") - peak, 8192)

    def test_idle_sessions_stay_small(self):
        def crowd(count, compressed):
            clients = []
            for _ in range(count):
                client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"], timeout=CLIENT_TIMEOUT)
                client.login(ALICE, PASSWORD)
                if compressed:
                    compress(client)
                client.select("INBOX")
                client.send(b"i IDLE\r\n")
                while not client.readline().startswith(b"+"):
                    pass
                clients.append(client)
            return clients
        clients = crowd(20, True) + crowd(20, False)  # what is needed once
        start = self.server.memory()
        clients += crowd(40, False)
        plain = self.server.memory() - start
        clients += crowd(40, True)
        compressed = self.server.memory() - start - plain
        self.assertLess(compressed - plain, 40 * 16, f"KiB of 40 sessions: {compressed}, without compression {plain}")
        for client in clients:
            client.shutdown()
