"""A Postfix of its own in a scratch folder, beside whatever the machine has. Only root can start one."""

import os
import pathlib
import shutil
import smtplib
import socket
import subprocess

from harness import CLIENT_TIMEOUT, make_certificate, patient

USER = "postfix"
# What postfix/postfix-files needs, and no more.
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
verify    unix - - n -     1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
smtp      unix - - n -     - smtp
relay     unix - - n -     - smtp
lmtp      unix - - n -     - lmtp
showq     unix n - n -     - showq
error     unix - - n -     - error
retry     unix - - n -     - error
discard   unix - - n -     - discard
virtual   unix - n n -     - virtual
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def why_not():
    """Why there can be none here; empty if there can."""
    if not shutil.which("postfix"):
        return "Postfix is not installed"
    return "" if os.geteuid() == 0 else "only root can start Postfix"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Postfix:
    """Takes mail for b.example into Maildirs of carol's and dave's, and relays from this machine."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        # Its processes run as somebody else and have to get here.
        for above in (self.folder, self.folder.parent):
            above.chmod(0o755)
        self.port = free_port()
        self.mail = self.folder / "mail"
        for name in ("config", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        for name in ("data", "mail"):
            shutil.chown(self.folder / name, USER)
        certificate, key = make_certificate(self.folder, "postfix")
        owner = self.mail.stat()
        text = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "maillog_file": self.folder / "log",
            "maillog_file_prefixes": self.folder,
            "myhostname": "postfix.b.example",
            "mydestination": "",
            "alias_maps": "",
            "local_transport": "error:none",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "loopback-only",
            "inet_protocols": "ipv4",
            "smtputf8_enable": "yes",
            "virtual_mailbox_domains": "b.example",
            "virtual_mailbox_base": self.mail,
            "virtual_mailbox_maps": "inline:{ carol@b.example=carol/ dave@b.example=dave/ }",
            "virtual_minimum_uid": 1,
            "virtual_uid_maps": f"static:{owner.st_uid}",
            "virtual_gid_maps": f"static:{owner.st_gid or 1}",
            "smtpd_tls_chain_files": f"{key} {certificate}",
            "smtpd_tls_security_level": "may",
            "smtp_tls_security_level": "may",
            # As quick to try again as can be.
            "queue_run_delay": "1s",
            "minimal_backoff_time": "1s",
            **settings,
        }
        (self.folder / "config/main.cf").write_text("".join(f"{name} = {value}\n" for name, value in text.items()))
        (self.folder / "config/master.cf").write_text(SERVICES.format(port=self.port))

    def command(self, *words, check=True):
        done = subprocess.run([*words[:1], "-c", self.folder / "config", *words[1:]], capture_output=True, text=True,
                              timeout=CLIENT_TIMEOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{self.log_text()}")
        return done.stdout

    def __enter__(self):
        self.command("postfix", "start")
        return self

    def __exit__(self, *_):
        self.command("postfix", "stop", check=False)

    def log_text(self):
        log = self.folder / "log"
        return log.read_text(errors="replace")[-6000:] if log.exists() else ""

    def messages(self, user="carol"):
        return [file.read_bytes().replace(b"\n", b"\r\n") for file in sorted(self.mail.glob(f"{user}/new/*"))]

    def await_messages(self, count=1, user="carol"):
        patient(lambda: len(self.messages(user)) >= count, what=lambda: f"{self.log_text()}\n{count} messages")
        return self.messages(user)

    def send(self, message, to, sender="carol@b.example", options=(), recipient_options=()):
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example.org", timeout=CLIENT_TIMEOUT) as client:
            client.sendmail(sender, to, message, options, recipient_options)
