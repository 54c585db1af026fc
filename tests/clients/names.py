"""A name server for tests: it knows the records that it is given, and answers over UDP on loopback."""

import ipaddress
import socket
import struct
import threading

A, CNAME, SOA, MX, AAAA = 1, 5, 6, 15, 28
NO_ERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


def _name(text):
    """RFC 1035 3.1"""
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class Names:
    """Names without records do not exist; those in `failing` are answered with SERVFAIL."""

    def __init__(self):
        self.failing = set()
        self.asked = 0
        self._records = {}  # name → [(type, data)]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Wakes the thread, which takes an empty question for the end.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def address(self, name, *addresses):
        for address in map(ipaddress.ip_address, addresses):
            self._add(name, A if address.version == 4 else AAAA, address.packed)

    def mx(self, name, preference, host):
        """A `host` of "" is a null MX (RFC 7505)."""
        self._add(name, MX, struct.pack("!H", preference) + _name(host))

    def cname(self, name, target):
        self._add(name, CNAME, _name(target))

    def exists(self, name):
        """Without any record that mail could go by."""
        self._records.setdefault(name, [])

    def _add(self, name, kind, data):
        self._records.setdefault(name, []).append((kind, data))

    def _run(self):
        while True:
            question, peer = self._socket.recvfrom(4096)
            if not question:
                return
            self.asked += 1
            self._socket.sendto(self._answer(question), peer)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1: at + 1 + question[at]].decode().lower())
            at += question[at] + 1
        name, (kind,) = ".".join(labels), struct.unpack("!H", question[at + 1: at + 3])
        code, records = NO_ERROR, self._records.get(name)
        if name in self.failing:
            code, records = SERVFAIL, []
        elif records is None:
            code, records = NXDOMAIN, []
        # An alias stands for whatever is asked for.
        answers = [record for record in records if record[0] in (kind, CNAME)]
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(answers), 0, 0)
        return head + question[12: at + 5] + b"".join(
            _name(name) + struct.pack("!HHIH", found, 1, 60, len(data)) + data for found, data in answers)
