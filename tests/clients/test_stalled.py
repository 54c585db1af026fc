"""Clients that stop in the middle of a message cost little memory, however many they are."""

import socket
import time

from harness import ALICE, ServerTest

CLIENTS = 200
SENT = b"0123456789abcdef" * 4 * 16000  # 1 MB, without an end
MIB = 1024
# All together may hold 64 MiB before each holds at most a piece of 64 KiB; the rest is their connections' own
# memory, and what malloc has not yet given back.
PROMISED_KIB = 64 * MIB + CLIENTS * (64 + 192)


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
        line = b"Subject: stalled\r\n\r\n" + b"\r\n".join(SENT[at : at + 70] for at in range(0, len(SENT), 70))
        for part in range(4):
            for client in clients:
                client.sendall(line[part * len(line) // 4 : (part + 1) * len(line) // 4])
        grown = self.settled_memory() - idle
        print(f"{CLIENTS} stalled senders: +{grown} KiB;", end=" ")
        self.assertLess(grown, PROMISED_KIB)

    def settled_memory(self):
        """When it has read all that was sent: it then takes no more, nor less, for three seconds."""
        seen = []
        while len(seen) < 6 or len(set(seen[-6:])) > 1:
            time.sleep(0.5)
            seen.append(self.server.memory())
        return seen[-1]
