"""kill -9 in the middle of load, many times: what was acknowledged is there, once."""

import imaplib
import random
import re
import shutil
import smtplib
import subprocess
import threading
import time

from harness import ALICE, ServerTest, message

ROUNDS = 50
SENDERS = 4
SEED = 20260101


class Load:
    """What clients were told, gathered from many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.attempted = set()
        self.acknowledged = set()
        self.expunging = set()  # UIDs
        self.expunged = set()
        self.counter = 0

    def next_name(self):
        with self.lock:
            self.counter += 1
            self.attempted.add(f"crash-{self.counter}")
            return f"crash-{self.counter}"


class Crash(ServerTest):
    def deliver(self, load):
        try:
            with self.server.smtp() as client:
                while True:
                    name = load.next_name()
                    client.sendmail("a@example.net", [ALICE], message(name, random.Random(name).randint(100, 20000)))
                    with load.lock:
                        load.acknowledged.add(name)
        except (OSError, smtplib.SMTPException):
            pass  # the server was killed

    def expunge(self, load, uids):
        """Takes some messages away, and puts flags on others, until the server dies."""
        try:
            with self.server.imap() as client:
                for uid in uids:
                    client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
                    load.expunging.add(uid)
                    if client.uid("EXPUNGE", str(uid))[0] == "OK":
                        load.expunged.add(uid)
        except (OSError, imaplib.IMAP4.error):
            pass

    def listing(self):
        """[(uid, name)] of all that is there."""
        with self.server.imap() as client:
            _, data = client.uid("FETCH", "1:*", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return [(int(re.search(rb"UID (\d+)", item[0])[1]), item[1].split()[1].decode())
                for item in data if isinstance(item, tuple)]

    def check_database(self):
        copy = self.folder / "copy"
        shutil.copytree(self.server.data, copy)
        done = subprocess.run(["sqlite3", copy / "postroom.db", "PRAGMA integrity_check"], capture_output=True, text=True)
        shutil.rmtree(copy)
        self.assertEqual(done.stdout.strip(), "ok", done.stderr)

    def check(self, load, named):
        here = self.listing()
        names = [name for _, name in here]
        self.assertEqual(len(names), len(set(names)), "a message is there twice")
        for uid, name in here:
            self.assertEqual(named.setdefault(uid, name), name, f"UID {uid} was used again")
        self.assertLessEqual(set(names), load.attempted)
        here_uids = {uid for uid, _ in here}
        self.assertEqual(here_uids & load.expunged, set(), "an expunge was forgotten")
        may_miss = {named[uid] for uid in load.expunging if uid in named}
        missing = load.acknowledged - set(names) - may_miss
        self.assertEqual(missing, set(), "acknowledged messages are missing")
        return here

    def test_kill_9(self):
        rng = random.Random(SEED)
        load, named = Load(), {}
        for number in range(ROUNDS):
            with self.subTest(round=number, seed=SEED):
                here = self.check(load, named)
                victims = [uid for uid, _ in rng.sample(here, len(here) // 3)]
                threads = [threading.Thread(target=self.deliver, args=(load,)) for _ in range(SENDERS)]
                threads.append(threading.Thread(target=self.expunge, args=(load, victims)))
                for thread in threads:
                    thread.start()
                time.sleep(rng.uniform(0.02, 0.5))
                self.server.kill()
                for thread in threads:
                    thread.join()
                self.check_database()
                self.server.start()
        self.check(load, named)
        self.assertGreater(len(load.acknowledged), ROUNDS, "there was hardly any load")
        print(f"{len(load.acknowledged)} acknowledged, {len(load.expunged)} expunged, {ROUNDS} kills", end=" ")
