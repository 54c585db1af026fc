"""A message of 100 MB goes in and out in constant memory."""

import hashlib
import socket

from harness import ALICE, PASSWORD, ServerTest

SIZE = 100 * 1000 * 1000
LIMIT_KIB = 8 * 1024
LINE = b"0123456789abcdef" * 4 + b"0123456789\r\n"


class Large(ServerTest):
    limits = {"message_size": '"150MiB"'}

    def setUp(self):
        super().setUp()
        # One small use of everything first, so that what is measured is the large message.
        self.server.send(b"Subject: small\r\n\r\nsmall\r\n")
        self.server.messages()
        self.server.pop3().quit()
        self.idle = self.server.memory()
        self.server.forget_peak()
        self.head = b"From: a@example.net\r\nSubject: large\r\n\r\n"
        lines = (SIZE - len(self.head)) // len(LINE)
        self.block = LINE * 1000
        self.blocks, self.rest = divmod(lines, 1000)
        self.sent_hash = hashlib.sha256()
        for piece in self.pieces():
            self.sent_hash.update(piece)
        self.size = len(self.head) + lines * len(LINE)

    def pieces(self):
        yield self.head
        for _ in range(self.blocks):
            yield self.block
        yield LINE * self.rest

    def check_memory(self, what):
        grown = self.server.memory("VmHWM") - self.idle
        print(f"{what}: +{grown} KiB;", end=" ")
        self.assertLess(grown, LIMIT_KIB, f"{what} took {grown} KiB above idle")
        self.server.forget_peak()

    def connect(self, service):
        plain = socket.create_connection(("127.0.0.1", self.server.ports[service]))
        plain.settimeout(60)
        return plain, plain.makefile("rb", buffering=1 << 20)

    def talk(self, channel, line, expected):
        plain, lines = channel
        plain.sendall(line.encode() + b"\r\n")
        while not (answer := lines.readline()).startswith(expected):
            self.assertTrue(answer.startswith((b"*", b"250-", b"+")), answer)
        return answer

    def hash_of(self, lines, size, unstuff=False):
        """Of the last `self.size` of `size` bytes: what was sent, behind the trace fields."""
        skip = size - self.size
        trace = b""
        seen = hashlib.sha256()
        while size > 0:
            piece = lines.readline() if unstuff else lines.read(min(size, 1 << 20))
            self.assertTrue(piece, "the connection ended early")
            if unstuff and piece.startswith(b"."):
                piece = piece[1:]
            size -= len(piece)
            seen.update(piece[skip:])
            trace += piece[:skip]
            skip -= min(skip, len(piece))
        self.assertTrue(trace.startswith(b"Return-Path:") or not trace, trace[:100])
        return seen.digest()

    def test_100_megabytes(self):
        channel = self.connect("smtp")
        self.assertTrue(channel[1].readline().startswith(b"220"))
        for line, expected in (("EHLO client.example", b"250 "), ("MAIL FROM:<a@example.net>", b"250"),
                               (f"RCPT TO:<{ALICE}>", b"250"), ("DATA", b"354")):
            self.talk(channel, line, expected)
        for piece in self.pieces():
            channel[0].sendall(piece)
        self.talk(channel, ".", b"250")
        self.talk(channel, "QUIT", b"221")
        self.check_memory("SMTP")

        channel = self.connect("imap")
        self.assertTrue(channel[1].readline().startswith(b"* OK"))
        self.talk(channel, f'a LOGIN {ALICE} "{PASSWORD}"', b"a OK")
        self.talk(channel, f"b APPEND Archive {{{self.size}}}", b"+")
        for piece in self.pieces():
            channel[0].sendall(piece)
        self.talk(channel, "", b"b OK")
        self.check_memory("APPEND")
        for mailbox, number in (("INBOX", 2), ("Archive", 1)):
            self.talk(channel, f"c SELECT {mailbox}", b"c OK")
            answer = self.talk(channel, f"d FETCH {number} BODY.PEEK[]", b"* %d FETCH" % number)
            size = int(answer.split(b"{")[1].split(b"}")[0])
            self.assertEqual(self.hash_of(channel[1], size), self.sent_hash.digest(), mailbox)
            self.assertTrue(channel[1].readline().startswith(b")"))
            self.assertTrue(channel[1].readline().startswith(b"d OK"))
            self.check_memory(f"FETCH from {mailbox}")
        channel[0].close()

        channel = self.connect("pop3")
        self.assertTrue(channel[1].readline().startswith(b"+OK"))
        self.talk(channel, f"USER {ALICE}", b"+OK")
        self.talk(channel, f"PASS {PASSWORD}", b"+OK")
        size = int(self.talk(channel, "LIST 2", b"+OK 2").split()[2])
        self.talk(channel, "RETR 2", b"+OK")
        self.assertEqual(self.hash_of(channel[1], size, unstuff=True), self.sent_hash.digest())
        self.assertEqual(channel[1].readline(), b".\r\n")
        self.check_memory("RETR")
        channel[0].close()
