"""Backups while the server is under load, and what can be restored from them."""

import fcntl
import json
import os
import re
import shutil
import smtplib
import subprocess
import threading
import time

from harness import ALICE, APOP_SECRET, BINARY, CLIENT_TIMEOUT, Server, ServerTest, message

SENDERS = 4


class Load:
    """Messages that clients were told are stored, in the order of time: [(name, when)]."""

    def __init__(self, server):
        self.server, self.stored, self.slowest, self.failed = server, [], 0.0, []
        self.lock, self.stopping, self.counter = threading.Lock(), threading.Event(), 0
        self.threads = [threading.Thread(target=self.deliver) for _ in range(SENDERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def deliver(self):
        try:
            with self.server.smtp() as client:
                while not self.stopping.is_set():
                    with self.lock:
                        self.counter += 1
                        name = f"load-{self.counter}"
                    begun = time.monotonic()
                    client.sendmail("a@example.net", [ALICE], message(name, 3000 + self.counter % 7 * 4000))
                    with self.lock:
                        self.stored.append(name)
                        self.slowest = max(self.slowest, time.monotonic() - begun)
        except (OSError, smtplib.SMTPException) as error:
            self.failed.append(error)

    def so_far(self):
        with self.lock:
            return list(self.stored)


class Backup(ServerTest):
    def setUp(self):
        super().setUp()
        self.dest = self.folder / "backups"

    def backup(self, *options, dest=None):
        return json.loads(self.server.cli("backup", str(dest or self.dest), "--json", *options))

    def fails(self, status, *arguments, server=None):
        done = subprocess.run([BINARY, "--config", (server or self.server).config, *map(str, arguments)], capture_output=True,
                              text=True, timeout=CLIENT_TIMEOUT)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stderr

    def new_machine(self, name="new"):
        (self.folder / name).mkdir()
        return Server(self.folder / name, data=self.folder / name / "data")

    def serve_restored(self, *arguments, source=None):
        """A second server, with what was restored."""
        machine = self.new_machine()
        said = machine.cli("restore", str(source or self.dest), *arguments)
        machine.start()
        self.addCleanup(lambda: machine.running() and machine.kill())
        return machine, said

    def everything(self, server, user=ALICE, mailbox="INBOX", what="FLAGS"):
        """{uid: (flags or more, bytes)}, UIDVALIDITY and UIDNEXT."""
        with server.imap(user, mailbox) as client:
            validity = int(client.response("UIDVALIDITY")[1][0])
            uid_next = int(re.search(rb"UIDNEXT (\d+)", client.status(mailbox, "(UIDNEXT)")[1][0])[1])
            _, data = client.uid("FETCH", "1:*", f"(UID {what} BODY.PEEK[])")
        found = {}
        for head, text in (item for item in data if isinstance(item, tuple)):
            modseq = re.search(rb"MODSEQ \((\d+)\)", head)
            flags = frozenset(re.search(rb"FLAGS \(([^)]*)\)", head)[1].split()) - {rb"\Recent"}
            found[int(re.search(rb"UID (\d+)", head)[1])] = (flags, modseq and int(modseq[1]), text)
        return found, validity, uid_next

    def names(self, found):
        return {re.search(rb"Subject: (\S+)", text)[1].decode() for _, _, text in found.values()}

    def test_under_load_what_was_acknowledged_is_in_it(self):
        with Load(self.server) as load:
            time.sleep(0.5)
            before = load.so_far()
            with self.server.imap() as client:
                client.uid("STORE", "1:5", "+FLAGS", "(\\Flagged kept)")
            self.backup()
            after = load.so_far()
            second = self.backup()
            before_third = load.so_far()
            self.backup()
        self.assertEqual(load.failed, [])
        self.assertGreater(len(before), 0)
        self.assertGreater(len(after), len(before), "mail is received while a backup is made")
        self.assertLess(load.slowest, 5)
        self.assertLess(second["written"], second["size"], "what has not changed is not written again")

        here, validity, uid_next = self.everything(self.server)
        machine, _ = self.serve_restored()
        there, there_validity, there_next = self.everything(machine)
        self.assertLessEqual(set(before_third), self.names(there))
        self.assertLessEqual(self.names(there), set(load.so_far()) | self.names(here))
        for uid, (flags, _, text) in there.items():
            self.assertEqual((here[uid][0], here[uid][2]), (flags, text))
        self.assertIn(b"kept", there[1][0])
        self.assertEqual(there_validity, validity)
        self.assertGreater(there_next, uid_next, "no UID that was given out after the backup is given again")
        machine.send(message("afterwards"))
        self.assertGreater(max(self.everything(machine)[0]), uid_next)
        self.run_client("curl", "-q", "--silent", "--noproxy", "*", "--login-options", "AUTH=+APOP", "--user",
                        f"{ALICE}:{APOP_SECRET}", machine.url("pop3"))
        pop3 = machine.pop3()
        numbers = pop3.list()[1]
        self.assertEqual(len(numbers), len(there) + 1)
        self.assertEqual(b"\r\n".join(pop3.retr(1)[1]) + b"\r\n", there[1][2])
        self.assertEqual(machine.stop(), 0)

    def test_moving_keeps_everything_as_it_was(self):
        for number in range(5):
            self.server.send(message(f"mail-{number}"))
        with self.server.imap() as client:
            client.uid("STORE", "2", "+FLAGS", "(\\Seen)")
            client.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
            client.expunge()
        here = self.everything(self.server, what="FLAGS MODSEQ")
        archive = self.folder / "postroom.archive"
        with archive.open("wb") as out:
            subprocess.run([BINARY, "--config", self.server.config, "backup", "-"], stdout=out, check=True)
        machine, said = self.serve_restored("--exact", source=archive)
        self.assertIn("2 accounts, 4 messages in 12 mailboxes, 0 in the queue", said)
        self.assertEqual(self.everything(machine, what="FLAGS MODSEQ"), here)
        for name in ("postroom.db", "secret.key"):
            self.assertEqual((machine.data / name).stat().st_mode & 0o777, 0o600, name)
        self.assertEqual((machine.data / "secret.key").read_bytes(), (self.server.data / "secret.key").read_bytes())
        self.assertEqual(machine.stop(), 0)

    def test_clients_that_synchronize_by_modseq_learn_that_flags_are_old(self):
        for number in range(3):
            self.server.send(message(f"mail-{number}"))
        self.backup()
        with self.server.imap() as client:
            client.uid("STORE", "1", "+FLAGS", "(\\Seen)")
            known = int(re.search(rb"HIGHESTMODSEQ (\d+)", client.status("INBOX", "(HIGHESTMODSEQ)")[1][0])[1])
        machine, _ = self.serve_restored()
        with machine.imap() as client:
            changed = client.uid("FETCH", "1:*", f"(FLAGS) (CHANGEDSINCE {known})")[1]
        self.assertEqual(len(changed), 3, changed)
        self.assertEqual(machine.stop(), 0)

    def test_queue_is_held_but_for_who_says_otherwise(self):
        self.server.stop()
        with self.server.config.open("a") as config:
            config.write('[relay]\nroutes = ["* = smtp://127.0.0.1:9"]\n[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.start()
        self.server.submit(message("out"), "somebody@elsewhere.example")
        self.backup()
        self.assertIn("The queue is held", self.new_machine("held").cli("restore", str(self.dest)))
        for options, held in (([], 1), (["--send-queue"], 0), (["--exact"], 0)):
            machine = self.new_machine("queue" + str(len(os.listdir(self.folder))))
            said = json.loads(machine.cli("restore", str(self.dest), "--json", *options))
            self.assertEqual((said["queued"], said["held"]), (1, held))

    def test_killed_and_run_again(self):
        for number in range(20):
            self.server.send(message(f"mail-{number}", 500_000))
        whole = self.backup(dest=self.folder / "measure")["size"]
        for delay in (0.0, 0.02, 0.05, 0.1, 0.2):
            with self.subTest(delay=delay):
                process = subprocess.Popen([BINARY, "--config", self.server.config, "backup", self.dest],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(delay)
                process.kill()
                process.wait()
        self.backup()
        self.server.cli("backup", "verify", str(self.dest))
        self.assertEqual(json.loads(self.server.cli("restore", "--drill", "--json", str(self.dest)))["messages"], 20)
        self.assertEqual([path for path in self.dest.rglob("*") if path.name.endswith(".new")], [], "leftovers")
        self.assertGreater(whole, 5_000_000)

    def test_every_damage_is_found(self):
        self.server.send(message("mail", 400_000))
        self.backup()
        self.server.cli("backup", "verify", str(self.dest))
        files = sorted(path for path in self.dest.rglob("*") if path.is_file() and path.stat().st_size > 0)
        for path in files:
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
            self.assertEqual(path.parent.stat().st_mode & 0o777, 0o700, path)
        for path in files[:: max(1, len(files) // 6)] + [next((self.dest / "backups").iterdir())]:
            with self.subTest(file=path.relative_to(self.dest)):
                good = path.read_bytes()
                for bad in (good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1 :], good[:-1]):
                    path.write_bytes(bad)
                    self.fails(1, "backup", "verify", self.dest)
                    self.fails(1, "restore", "--drill", self.dest)
                path.write_bytes(good)
        self.server.cli("restore", "--drill", str(self.dest))

    def test_damaged_backup_does_not_keep_the_next_one_from_being_made(self):
        damaged = self.dest / "backups" / self.backup()["backup"]
        damaged.write_text("damaged")
        self.server.send(message("mail"))
        newest = self.backup()["backup"]
        self.fails(1, "backup", "verify", self.dest)
        said = json.loads(self.server.cli("restore", "--drill", "--json", str(self.dest)))
        self.assertEqual((said["backup"], said["messages"]), (newest, 1))
        self.backup("--keep", "1")
        self.server.cli("backup", "verify", str(self.dest))

    def test_archive_cut_short_or_changed_is_refused(self):
        self.server.send(message("mail", 400_000))
        done = subprocess.run([BINARY, "--config", self.server.config, "backup", "-"], capture_output=True, check=True)
        good, archive = done.stdout, self.folder / "archive"
        for place in range(1, len(good), len(good) // 12):
            for bad in (good[:place], good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]):
                archive.write_bytes(bad)
                self.fails(1, "restore", "--drill", archive)
        machine = self.new_machine()
        self.fails(1, "restore", archive, server=machine)
        self.assertEqual([path.name for path in machine.data.iterdir()], ["postroom.lock"], "nothing of it stays")

    def test_retention(self):
        names = []
        for number in range(4):
            self.server.send(message(f"mail-{number}", 300_000))
            names.append(self.backup()["backup"])
        self.assertEqual([each["backup"] for each in json.loads(self.server.cli("backup", "list", str(self.dest), "--json"))], names)
        newest = self.backup("--keep", "2")
        self.assertEqual(newest["removed_backups"], 3)
        left = [each["backup"] for each in json.loads(self.server.cli("backup", "list", str(self.dest), "--json"))]
        self.assertEqual(left, [names[3], newest["backup"]])
        self.server.cli("backup", "verify", str(self.dest))
        for name in left:
            self.server.cli("restore", "--drill", str(self.dest), "--at", name)
        self.assertIn("there is no backup", self.fails(1, "restore", "--drill", self.dest, "--at", names[0]))
        self.assertEqual(self.backup("--keep-days", "1")["removed_backups"], 0)
        self.backup("--keep", "1")
        used = {line.split()[-1] if line.startswith("block") else line.split()[2] for path in (self.dest / "backups").iterdir()
                for line in path.read_text().splitlines() if line.startswith(("block ", "file "))}
        kept = {path.parent.name + path.name for path in (self.dest / "blocks").rglob("*") if path.is_file()}
        self.assertEqual(kept, used, "blocks of no backup are removed")

    def test_full_disk_leaves_older_backups(self):
        disk = self.folder / "small"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True).returncode != 0:
            self.skipTest("no right to mount a file system")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=False)
        self.backup(dest=disk / "backups")
        self.server.send(message("large", 8_000_000))
        self.assertIn("No space left on device", self.fails(1, "backup", disk / "backups"))
        self.server.cli("backup", "verify", str(disk / "backups"))
        self.server.cli("restore", "--drill", str(disk / "backups"))
        self.assertGreater(shutil.disk_usage(disk).free, 1_000_000, "there is room again")

    def test_what_is_refused(self):
        self.backup()
        self.assertIn("another postroom serves", self.fails(1, "restore", self.dest))
        other = self.folder / "other"
        other.mkdir()
        (other / "something").write_text("else")
        self.assertIn("holds something else", self.fails(1, "backup", other))
        self.assertIn("holds no backups", self.fails(1, "backup", "list", other))
        self.assertIn("DEST is missing", self.fails(2, "backup"))
        self.assertIn("one argument too many", self.fails(2, "backup", "verify", self.dest, other))
        self.assertIn("lies in the data directory", self.fails(2, "backup", self.server.data / "backups"))
        with (self.dest / "postroom-backups").open() as mark:
            fcntl.flock(mark, fcntl.LOCK_SH)
            self.assertIn("is at work", self.fails(1, "backup", self.dest))
            self.server.cli("backup", "verify", str(self.dest))
        self.assertIn("no number", self.fails(2, "backup", self.dest, "--keep", "0"))
        machine = self.new_machine()
        (machine.data / "secret.key").write_bytes(b"x" * 32)
        self.assertIn("move it away", self.fails(1, "restore", self.dest, server=machine))
        self.assertFalse((machine.data / "postroom.db").exists())

    def test_nothing_of_an_older_database_is_left_beside_the_restored_one(self):
        self.backup()
        self.server.kill()
        self.assertIn("there is a database", self.fails(1, "restore", self.dest))
        (self.server.data / "postroom.db").unlink()
        self.assertIn("some of one (postroom.db-wal)", self.fails(1, "restore", self.dest))
        self.assertFalse((self.server.data / "postroom.db").exists())

    def test_what_is_left_out_is_told_and_the_key_never_is(self):
        (self.server.data / "postroom.pem").write_text("a certificate")
        (self.server.data / "link").symlink_to("/etc/hostname")
        (self.server.data / "0").mkdir()
        for number in range(20):
            (self.server.data / "0" / f"large-{number}").write_bytes(bytes(4_000_000))
        left_out = self.backup()["left_out"]
        self.assertIn("link: it is a link", left_out)
        self.assertTrue(any(each.startswith("0/large-") for each in left_out), left_out)
        machine = self.new_machine()
        machine.cli("restore", str(self.dest))
        self.assertEqual((machine.data / "secret.key").read_bytes(), (self.server.data / "secret.key").read_bytes())

    def test_archive_is_not_for_others(self):
        archive = self.folder / "archive"
        with open(archive, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            subprocess.run([BINARY, "--config", self.server.config, "backup", "-"], stdout=file, check=True)
        self.assertEqual(archive.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    raise SystemExit("run tests/clients/run")
