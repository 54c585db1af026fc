"""Hostile and unlucky clients: a clear error or a closed connection, nothing lost, and the server stays up."""

import os
import resource
import smtplib
import socket
import subprocess
import threading
import time

from harness import ALICE, PASSWORD, ServerTest, message

MEGABYTE = 1 << 20


class BadInput(ServerTest):
    limits = {"connections": 10000, "connections_per_address": 10000}

    def connect(self, service):
        plain = socket.create_connection(("127.0.0.1", self.server.ports[service]))
        plain.settimeout(30)
        self.addCleanup(plain.close)
        return plain

    def ask(self, service, *pieces):
        """Sends all pieces and says goodbye; everything that came back."""
        plain = self.connect(service)
        try:
            for piece in pieces:
                plain.sendall(piece)
            plain.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed on us: an answer as well
        answer = b""
        try:
            while piece := plain.recv(65536):
                answer += piece
        except ConnectionError:
            pass
        return answer

    def check_alive(self):
        self.assertTrue(self.server.running(), self.server.log_text())
        name = f"alive-{time.monotonic_ns()}"
        self.server.send(message(name))
        self.assertIn(name.encode(), self.server.messages()[-1][1])

    def test_over_long_lines(self):
        idle = self.server.memory()
        for service, login in (("smtp", b"EHLO a.example\r\n"), ("pop3", b""), ("imap", b"")):
            for line in (b"x" * 5000, b"NOOP " + b"y" * 100_000):
                with self.subTest(service=service, length=len(line)):
                    answer = self.ask(service, login, line + b"\r\n")
                    self.assertRegex(answer, rb"(?m)^(5\d\d |-ERR|\S+ BAD|\* BAD|\* BYE)")
            # Whoever goes on and on is hung up on.
            self.assertNotIn(b"alive", self.ask(service, login, b"z" * (8 * MEGABYTE), b"\r\nNOOP alive\r\n"))
        self.assertLess(self.server.memory("VmHWM") - idle, 8 * 1024)
        self.check_alive()

    def test_lines_without_end(self):
        """Endless bytes without CRLF, and bytes that are no text."""
        for service in ("smtp", "pop3", "imap", "submissions", "imaps"):
            self.ask(service, *[b"\x00\xff\n\r" * 65536] * 64)
            self.ask(service, os.urandom(200_000))
        self.check_alive()

    def test_a_message_without_end(self):
        """Whoever sends far more than we take is told why he is hung up on, though he sends on."""
        size = 50 * MEGABYTE
        start = f"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{ALICE}>\r\nDATA\r\n".encode()
        line = b"x" * 998 + b"\r\n"
        answer = self.ask("smtp", start, *[line * 1000] * (2 * size // 1_000_000 + 10))
        self.assertRegex(answer, rb"(?m)^354 ")
        self.assertRegex(answer, rb"(?m)^552 5\.3\.4 ")
        self.check_alive()

    def test_giant_literals(self):
        login = f'a LOGIN {ALICE} "{PASSWORD}"\r\n'.encode()
        for command in (b"b LOGIN {4294967296}\r\n", b"b LOGIN {99999999999999999999999999}\r\n", b"b NOOP {-1}\r\n",
                        b"b LOGIN {1000000000+}\r\n" + b"x" * MEGABYTE):
            with self.subTest(command=command[:40]):
                self.assertRegex(self.ask("imap", command), rb"(?m)^(b BAD|b NO|\* BAD|\* BYE)")
        for command in (b"b APPEND INBOX {1000000000000}\r\n", b"b APPEND INBOX {1000000000000+}\r\n" + b"x" * MEGABYTE,
                        b"b SEARCH TEXT {2000000000}\r\n", b"b SELECT {100000000+}\r\n" + b"y" * MEGABYTE):
            with self.subTest(command=command[:40]):
                self.assertRegex(self.ask("imap", login, command), rb"(?m)^(b BAD|b NO|\* BAD|\* BYE)")
        self.check_alive()

    def test_deep_nesting(self):
        login = f'a LOGIN {ALICE} "{PASSWORD}"\r\nb SELECT INBOX\r\n'.encode()
        self.assertRegex(self.ask("imap", login, b"c SEARCH " + b"(" * 5000 + b"ALL" + b")" * 5000 + b"\r\n"),
                         rb"(?m)^(c |\* B)")
        self.assertRegex(self.ask("imap", login, b"c SEARCH " + b"NOT " * 2000 + b"ALL\r\n"), rb"(?m)^(c |\* B)")
        self.check_alive()

    def test_half_commands(self):
        for _ in range(50):
            for service, half in (("smtp", b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<alice@exa"), ("pop3", b"USER ali"),
                                  ("imap", b"a LOGIN {5}\r\nali"), ("imap", b'a LOGIN "ali'), ("submissions", b"\x16\x03\x01\x02")):
                plain = self.connect(service)
                plain.sendall(half)
                plain.close()
        sending = self.connect("smtp")
        sending.sendall(f"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{ALICE}>\r\nDATA\r\n".encode())
        time.sleep(0.2)
        sending.sendall(b"Subject: half\r\n\r\nnever ends")
        sending.close()
        self.check_alive()
        self.assertEqual(len(self.server.messages()), 1, "half a message was delivered")

    def test_leaving_when_tls_should_begin(self):
        """The end of the connection is there before the answer to STARTTLS: a store call stands before it."""
        for _ in range(40):
            for service, words in (("smtp", f"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<{ALICE}>\r\nSTARTTLS\r\n"),
                                   ("pop3", f"APOP {ALICE} {'0' * 32}\r\nSTLS\r\n"), ("imap", f"a LOGIN {ALICE} x\r\nb STARTTLS\r\n")):
                plain = self.connect(service)
                plain.sendall(words.encode())
                plain.shutdown(socket.SHUT_WR)
        self.check_alive()

    def test_slow_writers_hold_up_nobody(self):
        slow = [self.connect(service) for service in ("smtp", "pop3", "imap") for _ in range(30)]
        for byte in b"EHLO ":
            for plain in slow:
                plain.sendall(bytes([byte]))
            began = time.monotonic()
            self.check_alive()
            self.assertLess(time.monotonic() - began, 5)
            time.sleep(max(0, began + 1 - time.monotonic()))

    def test_a_client_that_does_not_read(self):
        for number in range(30):
            self.server.send(message(f"big-{number}", 300_000))
        idle = self.server.memory()
        self.server.forget_peak()
        deaf = [self.connect("imap") for _ in range(20)]
        for plain in deaf:
            plain.sendall(f'a LOGIN {ALICE} "{PASSWORD}"\r\nb SELECT INBOX\r\n'.encode())
            for _ in range(10):
                plain.sendall(b"c FETCH 1:* BODY.PEEK[]\r\n")
        time.sleep(3)
        self.check_alive()
        grown = self.server.memory("VmHWM") - idle
        self.assertLess(grown, 60 * 1024, "output for clients that do not read piles up")

    def test_5000_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 6000:
            self.skipTest(f"only {hard} files may be open")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        # The running server has the limit of before.
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        before = self.server.memory()
        idle = []
        for number in range(5000):
            idle.append(self.connect(("imap", "pop3", "smtp")[number % 3]))
        for plain in idle:
            self.assertTrue(plain.recv(1024).startswith((b"* OK", b"+OK", b"220")))
        grown = self.server.memory() - before
        print(f"5,000 idle connections: +{grown} KiB", end=" ")
        self.assertLess(grown, 48 * 1024)
        self.check_alive()
        for plain in idle:
            plain.close()
        self.check_alive()


class DiskFull(ServerTest):
    """The data folder on a file system of 16 MB."""

    def setUp(self):
        super().setUp()
        self.move_to_small_disk()

    def test_disk_full(self):
        acknowledged, refused = [], None
        for number in range(1000):
            try:
                self.server.send(message(f"full-{number}", 200_000))
                acknowledged.append(number)
            except smtplib.SMTPDataError as error:
                refused = error
                break
        self.assertIsNotNone(refused, "32 MB took 200 MB")
        self.assertIn(refused.smtp_code, (451, 452), refused)
        self.assertIn(b"4.3", refused.smtp_error)
        self.assertGreater(len(acknowledged), 5)
        with self.server.imap() as client:
            answer, said = client.append("INBOX", "", None, message("full-append", 200_000))
            self.assertEqual(answer, "NO", said)
        stored = self.server.messages()
        self.assertEqual(len(stored), len(acknowledged))
        for number, (_, content) in zip(acknowledged, stored):
            self.assert_delivered(content, message(f"full-{number}", 200_000))
        # Room again: mail comes in again, without a restart.
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk], check=True)
        self.server.send(message("room-again", 200_000))
        self.assertEqual(len(self.server.messages()), len(acknowledged) + 1)

    def fill(self):
        with self.assertRaises(smtplib.SMTPDataError):
            for number in range(1000):
                self.server.send(message(f"fill-{number}", 200_000))

    def send_when_there_is_room(self, mail):
        """What was removed makes room a little later."""
        for _ in range(50):
            try:
                return self.server.send(mail)
            except smtplib.SMTPDataError:
                time.sleep(0.2)
        return self.server.send(mail)

    def remove_all_by_pop3(self):
        client = self.server.pop3()
        for number in range(1, client.stat()[0] + 1):
            client.dele(number)
        client.quit()

    def test_a_full_disk_is_emptied_by_its_users(self):
        for turn in range(3):
            self.fill()
            with self.server.imap() as client:
                answer, said = client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                self.assertEqual(answer, "OK", said)
                answer, said = client.expunge()
                self.assertEqual(answer, "OK", said)
            self.send_when_there_is_room(message(f"after-imap-{turn}", 200_000))
        self.fill()
        self.remove_all_by_pop3()
        self.send_when_there_is_room(message("after-pop3", 200_000))
        # The command line and a start need some room too.
        self.fill()
        self.server.kill()
        listed = self.server.cli("user", "list")
        self.assertIn(ALICE, listed)
        self.server.start()
        self.remove_all_by_pop3()
        self.send_when_there_is_room(message("after-restart", 200_000))

    def test_disk_full_with_a_large_message(self):
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.server.send(message("too-large", 30_000_000))
        self.assertIn(refused.exception.smtp_code, (451, 452), refused.exception)
        self.assertEqual(self.server.messages(), [])
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk], check=True)
        self.server.send(message("small"))

    def test_many_writers_on_a_full_disk(self):
        acknowledged = set()

        def deliver(sender):
            for number in range(20):
                name = f"writer-{sender}-{number}"
                try:
                    self.server.send(message(name, 200_000))
                    acknowledged.add(name.encode())
                except smtplib.SMTPException:
                    pass

        threads = [threading.Thread(target=deliver, args=(sender,)) for sender in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stored = {content.split(b"Subject: ")[1].split(b"\r\n")[0] for _, content in self.server.messages()}
        self.assertEqual(stored, acknowledged)
