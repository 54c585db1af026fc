"""NSD (Debian's package nsd, whose service need not run) serving one zone on loopback."""

import os
import shutil
import socket
import subprocess

from harness import patient
from postfix import free_port

PATH = os.environ["PATH"] + ":/usr/sbin"


class NameServer:
    """Serves `folder`/`zonefile` as the zone `example`; start() again after the file has changed."""

    def __init__(self, folder, zonefile):
        self.folder = folder
        self.port = free_port()
        self.process = None
        (folder / "nsd.conf").write_text(
            f'server:\n ip-address: 127.0.0.1@{self.port}\n username: ""\n chroot: ""\n zonesdir: "{folder}"\n'
            f' database: ""\n pidfile: "{folder}/nsd.pid"\n xfrdfile: "{folder}/xfrd"\n xfrdir: "{folder}"\n'
            f' zonelistfile: "{folder}/zones"\n logfile: "{folder}/nsd.log"\n server-count: 1\n'
            f'remote-control:\n control-enable: no\nzone:\n name: example\n zonefile: {zonefile}\n')

    @staticmethod
    def installed():
        return shutil.which("nsd", path=PATH) is not None

    def start(self):
        self.stop()
        self.process = subprocess.Popen(["nsd", "-d", "-c", self.folder / "nsd.conf"], env={**os.environ, "PATH": PATH})

        def answers():
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", self.port)) == 0

        patient(answers, what=lambda: (self.folder / "nsd.log").read_text())

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None
