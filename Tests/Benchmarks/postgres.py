"""PostgreSQL as a peer: two servers of its own in a temporary folder, joined by logical
replication, with Debian's defaults (fsync and synchronous_commit on) but for one: a replication
worker starts again at once, and not 5 s after the last one started."""

import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

from figures import cpu_seconds, free_port, loopback_bytes, memory_bytes
from processes import Process

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
POLL_SECONDS = 0.01
CONVERGE_SECONDS = 120
TABLE = "CREATE TABLE record (number bigint PRIMARY KEY, body text NOT NULL);"


def _unprivileged():
    """The words before a command that make it run as somebody else than root."""
    if os.getuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


class Session:
    """One psql that stays open, so that a question costs a round trip and no more."""

    def __init__(self, words):
        self._child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, sql):
        self._child.stdin.write(sql + ";\n\\echo end\n")
        self._child.stdin.flush()
        lines = []
        while (line := self._child.stdout.readline()) not in ("end\n", ""):
            lines.append(line.rstrip("\n"))
        return "\n".join(lines)

    def close(self):
        self._child.stdin.close()
        self._child.wait()


class Server:
    def __init__(self, root, name):
        self.port = free_port()
        self._root = root
        self._data = root / name
        self._run(["initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8",
                   "--locale=C.UTF-8"])
        with open(self._data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                           f"unix_socket_directories = '{root}'\nwal_level = logical\n"
                           "wal_retrieve_retry_interval = 10ms\n")
        words = _unprivileged() + [PROGRAMS / "postgres", "-D", self._data]
        self.process = Process(name, words, root / f"{name}.log")
        self.process.wait_ready(
            lambda: "ready to accept connections" in self.process.log())
        self.session = Session(self._psql())

    def _psql(self):
        return [str(PROGRAMS / "psql"), "-h", str(self._root), "-p", str(self.port), "-U", USER,
                "-d", "postgres", "-XqAt", "-v", "ON_ERROR_STOP=1"]

    def _run(self, words):
        subprocess.run(_unprivileged() + [str(PROGRAMS / words[0])] + [str(w) for w in words[1:]],
                       check=True, stdout=subprocess.DEVNULL)

    def write(self, rows, per_commit):
        """Inserts rows in commits of so many, through one connection; returns the seconds."""
        script = []
        for first in range(0, len(rows), per_commit):
            values = ",".join(f"({first + index},'{row}')" for index, row in
                              enumerate(rows[first:first + per_commit]))
            script.append(f"INSERT INTO record VALUES {values};\n")
        start = time.monotonic()
        subprocess.run(self._psql(), input="".join(script), text=True, check=True)
        return time.monotonic() - start

    def stop(self):
        self.session.close()
        self.process.child.send_signal(signal.SIGINT)
        self.process.stop()


class Replication:
    """A publisher and an empty subscriber."""

    def __init__(self, root):
        self._root = root
        root.mkdir()
        if os.getuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(root, owner.pw_uid, owner.pw_gid)
        self.publisher = Server(root, "publisher")
        self.subscriber = Server(root, "subscriber")
        for server in (self.publisher, self.subscriber):
            server.session.ask(TABLE)
        self.publisher.session.ask("CREATE PUBLICATION feed FOR TABLE record")

    def subscribe(self):
        self.subscriber.session.ask(
            f"CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port={self.publisher.port} "
            f"user={USER} dbname=postgres' PUBLICATION feed")

    def converge(self, count, begin):
        """Begins, waits until the subscriber has so many rows, and returns what it cost."""
        pids = [self.publisher.process.pid, self.subscriber.process.pid]
        cpu = sum(map(cpu_seconds, pids))
        carried = loopback_bytes()
        peak = 0
        start = time.monotonic()
        begin()
        while int(self.subscriber.session.ask("SELECT count(*) FROM record")) < count:
            if time.monotonic() - start > CONVERGE_SECONDS:
                raise RuntimeError("PostgreSQL did not converge; see its log")
            peak = max(peak, sum(map(memory_bytes, pids)))
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - start
        # The confirmation of the last rows still travels.
        time.sleep(0.3)
        return {"seconds": seconds, "bytes": loopback_bytes() - carried,
                "cpu": sum(map(cpu_seconds, pids)) - cpu, "peak": peak}

    def stop(self):
        self.subscriber.stop()
        self.publisher.stop()
