# Packages: postgresql-15 iproute2 util-linux
"""Two replicas converge: 100,000 audit records of 129 bytes, written on one in commits of 100,
reach an empty one through a hub. Beside it, the same rows through PostgreSQL 15's logical
replication: the first copy of a table, and catching up after an outage.

Everything is durable on all sides and travels over loopback, unencrypted for PostgreSQL, sealed
for the subject. A step of the subject is a process of its own whose clock starts when its
replica is open; the peer's clock starts with CREATE or ALTER SUBSCRIPTION and stops when
count(*) is complete, asked every 10 ms. Then 100 changes more, and, once, ten times as many
records. pycrdt and sqlite-sync-core of PyPI are libraries: both their sides live in one process,
nothing travels, and pycrdt has no disk (library_peers.py).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import (Figures, arguments, cpu_seconds, free_port, in_own_network, interpreter,
                     loopback_bytes, note, peak_bytes)
from library_peers import CHANGES, row
from postgres import Replication
from processes import Process

RECORDS = 100_000
PER_COMMIT = 100
RUNS = 3
SUBJECT = "syncmail"
COPY = "PostgreSQL 15, first copy"
CATCH_UP = "PostgreSQL 15, catch-up"
LIBRARIES = ("pycrdt", "sqlite-sync-core")
MANY = 10


class Subject:
    """A hub and two replicas in a folder of their own."""

    def __init__(self, build, root):
        self._build = build
        self._root = root
        root.mkdir()
        port = free_port()
        token = self._command("syncmail-server", "init", "--home", root / "hub", "--url",
                              f"http://127.0.0.1:{port}").split()[0]
        self.hub = Process(
            "hub", [build / "syncmail-server", "run", "--home", root / "hub", "--listen",
                    f"127.0.0.1:{port}", "--lang", "en"], root / "hub.log")
        self.hub.wait_ready(lambda: "Hub listening" in self.hub.log())
        invitation = self.step("found", "writer", "--token", token)["token"]
        self.step("join", "reader", "--token", invitation)

    def _command(self, program, *words):
        done = subprocess.run([self._build / program, *map(str, words)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def step(self, verb, replica, *words):
        return json.loads(self._command(
            "Benchmarks", verb, "--home", self._root / replica, *words))

    def converge(self, replica):
        """Syncs one replica until nothing is left, and returns what it cost."""
        carried, cpu = loopback_bytes(), cpu_seconds(self.hub.pid)
        cost = self.step("sync", replica)
        cost["bytes"] = loopback_bytes() - carried
        cost["cpu"] = cost["cpu_seconds"] + cpu_seconds(self.hub.pid) - cpu
        return cost


def measure_subject(figures, build, root, count):
    subject = Subject(build, root)
    try:
        converge_subject(figures, subject, count)
    finally:
        subject.hub.stop()


def converge_subject(figures, subject, count):
    written = subject.step("write", "writer", "--records", count, "--commit", PER_COMMIT)
    push, pull = subject.converge("writer"), subject.converge("reader")
    if push["digest"] != pull["digest"] or pull["records"] != count or pull["alarms"]:
        raise RuntimeError("the replicas do not agree")
    figures.add(SUBJECT, "write", written["seconds"], "s")
    figures.add(SUBJECT, "write cpu", written["cpu_seconds"], "s")
    for name, cost in (("push", push), ("pull", pull)):
        figures.add(SUBJECT, name, cost["seconds"], "s")
        figures.add(SUBJECT, f"{name} cpu", cost["cpu"], "s")
        figures.add(SUBJECT, f"{name} on the wire", cost["bytes"] / 1e6, "MB")
        figures.add(SUBJECT, f"{name} peak memory", cost["peak_bytes"] / 1e6, "MB")
    figures.add(SUBJECT, "converge", push["seconds"] + pull["seconds"], "s")
    figures.add(SUBJECT, "converge cpu", push["cpu"] + pull["cpu"], "s")
    figures.add(SUBJECT, "converge on the wire", (push["bytes"] + pull["bytes"]) / 1e6, "MB")
    figures.add(SUBJECT, "hub peak memory", peak_bytes(subject.hub.pid) / 1e6, "MB")
    converge_changes(figures, subject, count)


def converge_changes(figures, subject, count):
    """What a few changes cost two replicas that hold everything else."""
    subject.step("write", "writer", "--records", CHANGES, "--commit", CHANGES)
    push, pull = subject.converge("writer"), subject.converge("reader")
    if push["digest"] != pull["digest"] or pull["records"] != count + CHANGES:
        raise RuntimeError("the replicas do not agree")
    figures.add(SUBJECT, "100 changes", push["seconds"] + pull["seconds"], "s")
    figures.add(SUBJECT, "100 changes on the wire", (push["bytes"] + pull["bytes"]) / 1e3, "kB")


def measure_many(figures, build, root, count):
    """Ten times as many, once, for time and memory that must not grow faster than that."""
    subject = Subject(build, root)
    try:
        subject.step("write", "writer", "--records", count, "--commit", PER_COMMIT)
        push, pull = subject.converge("writer"), subject.converge("reader")
    finally:
        subject.hub.stop()
    if push["digest"] != pull["digest"] or pull["records"] != count:
        raise RuntimeError("the replicas do not agree")
    name = f"{SUBJECT}, {count:,} records"
    figures.add(name, "converge", push["seconds"] + pull["seconds"], "s")
    figures.add(name, "converge cpu", push["cpu"] + pull["cpu"], "s")
    figures.add(name, "push on the wire", push["bytes"] / 1e6, "MB")
    figures.add(name, "pull on the wire", pull["bytes"] / 1e6, "MB")
    figures.add(name, "push peak memory", push["peak_bytes"] / 1e6, "MB")
    figures.add(name, "pull peak memory", pull["peak_bytes"] / 1e6, "MB")


def measure_library(figures, python, name, count):
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-") as folder:
        done = subprocess.run(
            [python, Path(__file__).with_name("library_peers.py"), name, str(count), folder],
            check=True, text=True, stdout=subprocess.PIPE)
    # One of them tells of its work on standard output.
    found = json.loads(done.stdout.splitlines()[-1])
    figures.add(name, "converge", found["whole"]["seconds"], "s")
    figures.add(name, "converge cpu", found["whole"]["cpu"], "s")
    figures.add(name, "converge on the wire", found["whole"]["bytes"] / 1e6, "MB")
    figures.add(name, "100 changes", found["changes"]["seconds"], "s")
    figures.add(name, "100 changes on the wire", found["changes"]["bytes"] / 1e3, "kB")
    figures.add(name, "peak memory", found["peak"] / 1e6, "MB")


def measure_peer(figures, root, rows):
    peer = Replication(root)
    try:
        converge_peer(figures, peer, rows)
    finally:
        peer.stop()


def converge_peer(figures, peer, rows):
    written = peer.publisher.write(rows, PER_COMMIT)
    copy = peer.converge(len(rows), peer.subscribe)
    # The outage: the subscriber holds nothing and is away while the same is written again.
    peer.subscriber.session.ask("ALTER SUBSCRIPTION feed DISABLE")
    for server in (peer.publisher, peer.subscriber):
        server.session.ask("TRUNCATE record")
    peer.publisher.write(rows, PER_COMMIT)
    catch_up = peer.converge(
        len(rows), lambda: peer.subscriber.session.ask("ALTER SUBSCRIPTION feed ENABLE"))
    figures.add(COPY, "write", written, "s")
    for name, cost in ((COPY, copy), (CATCH_UP, catch_up)):
        figures.add(name, "converge", cost["seconds"], "s")
        figures.add(name, "converge cpu", cost["cpu"], "s")
        figures.add(name, "converge on the wire", cost["bytes"] / 1e6, "MB")
        figures.add(name, "peak memory of both servers", cost["peak"] / 1e6, "MB")


def main():
    options = arguments()
    # The network of its own reaches no package registry.
    python = interpreter(options.build_dir, LIBRARIES)
    in_own_network(sys.argv)
    count, figures = options.count or RECORDS, Figures("sync")
    codec = json.loads(subprocess.run(
        [options.build_dir / "Benchmarks", "codec", "--records", str(count)], check=True,
        text=True, stdout=subprocess.PIPE).stdout)
    figures.add(SUBJECT, "decode and verify", codec["verified_records_per_second"], "records/s")
    figures.add(SUBJECT, "encode", codec["encoded_records_per_second"], "records/s")
    rows = [row(number) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-") as folder:
        os.chmod(folder, 0o755)
        for run in range(options.runs or RUNS):
            note(f"sync, run {run + 1}: {SUBJECT}")
            measure_subject(figures, options.build_dir, Path(folder) / f"subject{run}", count)
            note(f"sync, run {run + 1}: PostgreSQL")
            measure_peer(figures, Path(folder) / f"peer{run}", rows)
            for name in LIBRARIES:
                note(f"sync, run {run + 1}: {name}")
                measure_library(figures, python, name, count)
        note(f"sync: {SUBJECT}, {MANY * count:,} records")
        measure_many(figures, options.build_dir, Path(folder) / "many", MANY * count)
    for peer in (COPY, CATCH_UP, *LIBRARIES):
        for metric in ("converge", "converge cpu", "converge on the wire", "100 changes",
                       "100 changes on the wire"):
            figures.ratio(SUBJECT, peer, metric)
    figures.print()


if __name__ == "__main__":
    main()
