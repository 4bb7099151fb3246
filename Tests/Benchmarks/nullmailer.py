"""nullmailer as a peer: unpacked, never installed, in a root folder of its own, because its paths
are fixed when it is built."""

import os
import re
import shutil
import subprocess
from pathlib import Path

PROGRAMS = ("usr/bin/nullmailer-inject", "usr/sbin/nullmailer-queue")
LIBRARY = re.compile(r"(/\S+\.so\S*)")


class Nullmailer:
    """A queue that nothing sends from."""

    inject = "/usr/bin/nullmailer-inject"

    def __init__(self, package, root):
        self.root = Path(root)
        for program in PROGRAMS:
            self._copy(package / program, program)
            shown = subprocess.run(["ldd", package / program], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout
            for library in LIBRARY.findall(shown):
                self._copy(library, library.lstrip("/"))
        (self.root / "etc/nullmailer").mkdir(parents=True)
        (self.root / "etc/mailname").write_text("bench.example.test\n")
        (self.root / "etc/nullmailer/defaultdomain").write_text("bench.example.test\n")
        (self.root / "etc/nullmailer/remotes").write_text("localhost smtp\n")
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
        (self.root / "dev").mkdir()
        os.mknod(self.root / "dev/null", 0o20666, os.makedev(1, 3))
        spool = self.root / "var/spool/nullmailer"
        for name in ("queue", "tmp", "failed"):
            (spool / name).mkdir(parents=True)
        # What tells nullmailer-send of new mail; without a reader it is passed over.
        os.mkfifo(spool / "trigger")

    def queued(self):
        return len(list((self.root / "var/spool/nullmailer/queue").iterdir()))

    def _copy(self, source, target):
        path = self.root / target
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, path)
