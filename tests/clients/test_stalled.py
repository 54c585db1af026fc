"""Clients that stop in the middle of a message cost little memory, however many they are."""

import socket

from harness import ALICE, ServerTest, patient

CLIENTS = 200
SENT = b"0123456789abcdef" * 4 * 16000  # 1 MB, without an end
MIB = 1024
# All together may hold 64 MiB before each holds at most a piece of 64 KiB; then their connections' own memory.
PROMISED_KIB = 64 * MIB + CLIENTS * (64 + 48)


class Stalled(ServerTest):
    def begin(self):
        """A client that has said all but the message."""
        client = socket.create_connection(("127.0.0.1", self.server.ports["smtp"]))
        self.addCleanup(client.close)
        client.settimeout(60)
        client.sendall(b"EHLO client.example\r\nMAIL FROM:<a@example.net>\r\n"
                       b"RCPT TO:<%s>\r\nDATA\r\n" % ALICE.encode())
        lines = client.makefile("rb")
        while not (answer := lines.readline()).startswith(b"354"):
            self.assertTrue(answer.startswith(b"2"), answer)
        return client

    def test_stalled_senders(self):
        self.server.send(b"Subject: small\r\n\r\nsmall\r\n")
        idle = self.server.memory()
        clients = [self.begin() for _ in range(CLIENTS)]
        line = b"\r\n".join(SENT[at : at + 70] for at in range(0, len(SENT), 70))
        for part in range(4):
            for client in clients:
                client.sendall(line[part * len(line) // 4 : (part + 1) * len(line) // 4])
        # It has read all of it when it answers a later client.
        self.server.send(b"Subject: another\r\n\r\nsmall\r\n")
        patient(lambda: self.server.memory() - idle < PROMISED_KIB, 20, f"a use of {PROMISED_KIB} KiB")
        print(f"{CLIENTS} stalled senders: +{self.server.memory() - idle} KiB;", end=" ")
