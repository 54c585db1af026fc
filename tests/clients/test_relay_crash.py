"""kill -9 while mail goes out, many times; and a full disk: what was acknowledged arrives, and once."""

import collections
import os
import pathlib
import random
import re
import smtplib
import threading
import time

from harness import ALICE, PASSWORD, message, patient
from sink import Slow
from test_relay import RelayTest

KILLS = int(os.environ.get("POSTROOM_KILLS", "30"))
SENDERS = 4
SEED = 20260101


class Load:
    """Users who send, and what they were told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}  # name → recipients
        self.attempted = set()
        self.stopped = threading.Event()

    def next_name(self):
        with self.lock:
            name = f"out-{len(self.attempted) + 1}"
            self.attempted.add(name)
            return name

    def submit(self, server):
        """Until the server dies, or it is enough."""
        try:
            with server.smtp("submission") as client:
                client.login(ALICE, PASSWORD)
                while not self.stopped.is_set():
                    name = self.next_name()
                    dice = random.Random(name)
                    to = [f"{user}@d{dice.randrange(20)}.example" for user in ("x", "y", "z")[: dice.randint(1, 3)]]
                    try:
                        client.sendmail(ALICE, to, message(name, dice.randint(100, 20000)))
                    except smtplib.SMTPDataError:
                        continue  # the disk is full
                    with self.lock:
                        self.acknowledged[name] = to
        except (OSError, smtplib.SMTPException):
            pass

    def threads(self, server):
        started = [threading.Thread(target=self.submit, args=(server,)) for _ in range(SENDERS)]
        for thread in started:
            thread.start()
        return started


class Sent(RelayTest):
    def setUp(self):
        super().setUp()
        self.arrived = collections.defaultdict(list)  # (name, recipient) → its arrivals
        self.looked_at = 0

    def look(self):
        """At what is new among the arrivals."""
        new = self.sink.arrivals[self.looked_at:]
        self.looked_at += len(new)
        for arrival in new:
            name = re.search(rb"\r\nSubject: (\S+)", arrival.content)[1].decode()
            for recipient in arrival.recipients:
                self.arrived[name, recipient].append(arrival)

    def await_all(self, load, seconds=60):
        missing = {(name, recipient) for name, recipients in load.acknowledged.items() for recipient in recipients}

        def all_there():
            self.look()
            missing.difference_update(self.arrived)
            return not missing

        patient(all_there, seconds, lambda: f"{self.server.log_text()}\n{len(missing)} messages, as {sorted(missing)[:5]},")

    def check_doubles(self, load):
        """Twice only where it may be that the server didn't hear that the first one was taken; how often that was."""
        self.look()
        self.assertLessEqual({name for name, _ in self.arrived}, load.attempted)
        for which, arrivals in self.arrived.items():
            heard = [arrival.heard for arrival in arrivals]
            self.assertNotIn(True, heard[:-1], f"{which} arrived again after its 250 was read: {heard}")
        return sum(len(arrivals) - 1 for arrivals in self.arrived.values())


class Crash(Sent):
    def test_kill_9(self):
        rng = random.Random(SEED)
        load = Load()
        # Some are put off, so that the queue is never empty; some answers take a moment.
        dice = random.Random(SEED)

        def answer(step, _):
            if step == "RCPT" and dice.random() < 0.05:
                return "451 4.3.0 Later"
            return Slow(dice.random() / 20) if step == "end" and dice.random() < 0.2 else None

        self.sink.answer = answer
        for number in range(KILLS):
            before = len(load.acknowledged)
            threads = load.threads(self.server)
            # Some lives are too short for a login, in the others there is load, however slow the machine is.
            if number % 2:
                patient(lambda: len(load.acknowledged) > before)
            time.sleep(rng.uniform(0.02, 0.3))
            self.server.kill()
            for thread in threads:
                thread.join()
            self.server.start()
        self.sink.answer = lambda *_: None
        self.await_all(load, 60 + KILLS)
        doubles = self.check_doubles(load)
        self.assertGreaterEqual(len(load.acknowledged), KILLS // 2, "there was hardly any load")
        self.assertEqual(self.server.messages(), [], "there is nothing to report")
        print(f"{len(load.acknowledged)} acknowledged, {len(self.sink.arrivals)} arrivals, {KILLS} kills, {doubles} doubles", end=" ")


class DiskFull(Sent):
    """The data folder on a small file system."""

    def setUp(self):
        super().setUp()
        self.move_to_small_disk()

    def fill(self):
        """Takes all the room that is left on the disk; how much it was."""
        filler, taken = pathlib.Path(self.disk / "filler"), 0
        with filler.open("ab", buffering=0) as out:
            try:
                while True:
                    taken += out.write(bytes(4096))
            except OSError:
                return taken

    def takes_more(self, load):
        try:
            self.server.submit(message(load.next_name(), 100_000), ["x@d1.example"])
            return True
        except smtplib.SMTPDataError:
            return False

    def submit_until_refused(self, load):
        with self.assertRaises(smtplib.SMTPDataError):
            while True:
                name = load.next_name()
                to = [f"x@d{len(load.attempted) % 20}.example"]
                self.server.submit(message(name, 100_000), to)
                load.acknowledged[name] = to

    def test_a_full_queue_goes_out(self):
        """Nothing new is taken, but what is there goes out, which makes room again."""
        load = Load()
        self.sink.answer = lambda step, _: "451 4.3.0 Later" if step == "RCPT" else None
        self.submit_until_refused(load)
        self.assertGreater(len(load.acknowledged), 50)
        self.sink.answer = lambda *_: None
        self.await_all(load)
        self.assertEqual(self.check_doubles(load), 0)
        patient(lambda: self.takes_more(load), what="room for a message")

    def test_not_a_byte_left(self):
        """There is still room to write down what was taken by the other server, so that it is not sent again."""
        load = Load()
        self.sink.answer = lambda step, _: Slow(0.5) if step == "end" else None
        threads = load.threads(self.server)
        patient(lambda: len(self.sink.arrivals) > 20)
        for _ in range(20):
            self.fill()
            time.sleep(0.1)
        load.stopped.set()
        for thread in threads:
            thread.join()
        self.sink.answer = lambda *_: None
        self.assertLess(len(load.acknowledged), len(load.attempted) - SENDERS, "the disk never was full")
        self.await_all(load)
        self.assertEqual(self.check_doubles(load), 0)
        (self.disk / "filler").unlink()
        patient(lambda: self.takes_more(load), what="room for a message")
        self.assertTrue(self.server.running())
        faults = self.server.log.read_text().count("relay.store_fault")
        print(f"{len(load.acknowledged)} acknowledged, {faults} faults of the store", end=" ")
