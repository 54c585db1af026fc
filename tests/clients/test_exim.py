"""Exim as the server that mail is sent to, and as the one that it comes from.

It cannot be installed beside Postfix. One that is only unpacked is as good: EXIM names the program
(apt-get download exim4-daemon-light; dpkg -x exim4-daemon-light_*.deb DIR; EXIM=DIR/usr/sbin/exim4).
"""

import os
import pathlib
import pwd
import shutil
import subprocess

from harness import ALICE, BOB, CLIENT_TIMEOUT, ServerTest, make_certificate, message, patient
from postfix import free_port

EXIM = os.environ.get("EXIM") or shutil.which("exim4")
# The user that Debian's Exim insists on.
USER = "Debian-exim"
CAROL = "carol@b.example"

CONFIGURATION = """\
primary_hostname = exim.b.example
exim_path = {exim}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
keep_environment =
exim_user = mail
exim_group = mail
never_users =
tls_advertise_hosts = *
tls_certificate = {folder}/exim.pem
tls_privatekey = {folder}/exim.key
acl_smtp_rcpt = check
acl_smtp_data = accept
message_size_limit = 1M
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
chunking_advertise_hosts = *
begin acl
check:
  deny  message = No such person
        local_parts = nobody
        domains = b.example
  defer message = Greylisted, come back
        local_parts = grey
        condition = ${{if exists{{{folder}/seen}}{{no}}{{yes}}}}
  accept
begin routers
local:
  driver = accept
  domains = b.example
  local_parts = carol : dave : grey
  transport = file
out:
  driver = manualroute
  domains = example.org
  transport = remote
  route_list = * 127.0.0.1
  self = send
begin transports
file:
  driver = appendfile
  directory = {folder}/mail/$local_part_data
  maildir_format
  user = mail
remote:
  driver = remote_smtp
  port = {ours}
"""


class Exim(ServerTest):
    def setUp(self):
        if not EXIM:
            self.skipTest("Exim is not installed, nor named by EXIM")
        if os.geteuid() != 0:
            self.skipTest("only root can start Exim")
        super().setUp()
        folder = self.folder / "exim"
        (folder / "mail").mkdir(parents=True)
        self.folder.chmod(0o755)
        make_certificate(folder, "exim")
        (folder / "exim.key").chmod(0o644)
        for made in (folder, folder / "mail"):
            shutil.chown(made, "mail", "mail")
        port = free_port()
        text = CONFIGURATION.format(exim=EXIM, folder=folder, port=port, ours=self.server.ports["smtp"])
        (folder / "config").write_text(text.replace("driver = remote_smtp", "driver = smtp\n  hosts_try_auth ="))
        self.exim, self.port = folder, port
        process = subprocess.Popen(self.command("-bdf", "-q1s"), cwd=folder, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        patient(lambda: "listening" in self.log_text(), what=self.log_text)
        self.server.stop()
        ours = self.server.config.read_text().replace('smtp = ["127.0.0.1:0"]', f'smtp = ["127.0.0.1:{self.server.ports["smtp"]}"]', 1)
        self.server.config.write_text(ours + f'[relay]\nroutes = ["* = smtp://127.0.0.1:{port}"]\nretry = ["1s"]\n'
                                      '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.start()

    def command(self, *words):
        """Where there is no such user, Exim sees a list of users with one."""
        exim = [EXIM, "-C", self.exim / "config", *words]
        try:
            pwd.getpwnam(USER)
            return exim
        except KeyError:
            mounts = ""
            for name, entry in (("passwd", f"{USER}:x:8:8::/nonexistent:/usr/sbin/nologin\n"), ("group", f"{USER}:x:8:\n")):
                (self.exim / name).write_text(pathlib.Path("/etc", name).read_text() + entry)
                mounts += f"mount --bind {self.exim / name} /etc/{name} && "
            return ["unshare", "--mount", "sh", "-c", mounts + 'exec "$@"', "sh", *exim]

    def log_text(self):
        return "".join(log.read_text(errors="replace") for log in self.exim.glob("*log"))

    def messages(self, user="carol"):
        return [file.read_bytes().replace(b"\n", b"\r\n") for file in sorted((self.exim / "mail").glob(f"{user}/new/*"))]

    def await_message(self, user="carol"):
        patient(lambda: self.messages(user), what=lambda: f"{self.log_text()}{self.server.log_text()}\nmail")
        return self.messages(user)[0]

    def test_delivered(self):
        sent = message("to-exim", 100_000)
        self.server.submit(sent, [CAROL, "dave@b.example", "grey@b.example"])
        for user in ("carol", "dave"):
            stored = self.await_message(user)
            self.assertTrue(stored.endswith(sent.rstrip() + b"\r\n") or stored.endswith(sent), stored[-100:])
            self.assertIn(b"with esmtps", stored)
        self.assertEqual(self.messages("grey"), [])
        (self.exim / "seen").touch()
        self.assertTrue(self.await_message("grey").endswith(sent))

    def test_refused(self):
        self.server.submit(message("nobody"), ["nobody@b.example", CAROL])
        self.await_message()
        patient(lambda: self.server.messages(ALICE))
        self.assertIn(b"No such person", self.server.messages(ALICE)[0][1])

    def test_too_large(self):
        self.server.submit(message("large", 1_200_000), [CAROL])
        patient(lambda: self.server.messages(ALICE))
        self.assertIn(b"Action: failed", self.server.messages(ALICE)[0][1])
        self.assertEqual(self.messages(), [])

    def test_from_exim(self):
        sent = message("from-exim", 300_000)
        subprocess.run(self.command("-odf", "-i", "-f", CAROL, ALICE, BOB), input=sent.replace(b"\r\n", b"\n"), check=True,
                       timeout=CLIENT_TIMEOUT)
        for user in (ALICE, BOB):
            patient(lambda user=user: self.server.messages(user), what=lambda: f"{self.log_text()}\nit")
            [(_, stored)] = self.server.messages(user)
            self.assertIn(b"with ESMTPS", stored)
            self.assertIn(b"Subject: from-exim", stored)
            self.assertTrue(stored.endswith(sent[-200_000:]))
