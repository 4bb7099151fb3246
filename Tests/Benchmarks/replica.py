# Packages: python3-venv
"""The encrypted replica beside plain SQLite and SQLCipher, on one disk, in turns.

The same SQL runs inside each library, so the language of the caller costs nothing: bulk insertion
in one transaction, commits of one row that are synced (FULL), look-ups by key, a scan of the whole
table, and opening. Plain SQLite is Debian's own library, the very one that the replica stands on,
with the same settings; SQLCipher is `sqlcipher3-binary` of PyPI with a raw key and the same
settings. Processor time is told beside the clock, because it does not depend on what else the
machine does. Commits are measured by themselves, long after the bulk has reached the disk, in many
short turns; of each turn the median counts, because a few syncs of a shared disk take a hundred
times longer than the others, and in a sum they decide. Opening is also measured on a whole replica
of 1 GiB, right after its pages were forgotten by the system (`open, 1 GiB, cold`) and again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figures, arguments, interpreter, note

RUNS = 3
ROWS = 100_000
COMMITS = 500
TURNS = 10
PAIRS = 3000
BODY_BYTES = 160
WHOLE_BYTES = 1 << 30
SUBJECT = "syncmail"
PLAIN = "plain SQLite"
CIPHER = "SQLCipher"
PEER_PACKAGE = "sqlcipher3-binary"

# The statements of ReplicaBenchmark.swift.
FILL = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    INSERT INTO item SELECT i, 'mail ' || (i * 7919 % 1000003), zeroblob(160) FROM n"""
ADD = "INSERT INTO item VALUES (?, 'mail', zeroblob(160))"
LOOK = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    SELECT sum((SELECT length(body) FROM item WHERE id = 1 + (i * 7919) % ?)) FROM n"""
SCAN = "SELECT sum(length(body) + length(name)) FROM item NOT INDEXED"
FIRST = "SELECT count(*) FROM sqlite_schema"
# Those of ConnectionOpening.swift.
PRAGMAS = ("auto_vacuum = INCREMENTAL", "temp_store = MEMORY", "cache_spill = OFF", "mmap_size = 0",
           "secure_delete = ON", "locking_mode = EXCLUSIVE", "cache_size = 500",
           "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 1000")


def connect(library, path, key):
    connection = library.connect(path, isolation_level=None)
    if key:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def library_of(name):
    """A peer's library, and its key."""
    if name == PLAIN:
        import sqlite3 as library
        return library, None
    from sqlcipher3 import dbapi2 as library
    return library, bytes(range(32)).hex()


def peer_commits(name, path, first, count):
    """Commits one row, often, in a peer's file that exists; prints JSON."""
    library, key = library_of(name)
    connection = connect(library, path, key)
    times = []
    processor = time.process_time()
    for number in range(first, first + count):
        start = time.perf_counter()
        connection.execute(ADD, (number,))
        times.append(time.perf_counter() - start)
    processor = time.process_time() - processor
    connection.close()
    print(json.dumps({"commit": sorted(times)[count // 2], "commit_processor": processor / count}))


def peer(name, path, rows):
    """Measures a peer in a process of its own; prints JSON."""
    library, key = library_of(name)
    found = {"version": library.sqlite_version}

    def timed(what, body):
        start, processor = time.perf_counter(), time.process_time()
        result = body()
        found[what] = time.perf_counter() - start
        found[what + "_processor"] = time.process_time() - processor
        return result

    connection = connect(library, path, key)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
    connection.execute("CREATE INDEX item_name ON item (name)")
    timed("bulk", lambda: connection.execute(FILL, (rows,)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    total = timed("points", lambda: connection.execute(LOOK, (rows, rows)).fetchone()[0])
    if total != rows * BODY_BYTES:
        raise SystemExit(f"{name} did not find every row")
    timed("scan", lambda: connection.execute(SCAN).fetchone())
    connection.close()

    def reopen():
        again = connect(library, path, key)
        again.execute(FIRST).fetchone()
        return again
    timed("open", reopen).close()
    print(json.dumps(found))


def step(command):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} {command[1]} failed")
    return json.loads(done.stdout)


def forget(path):
    """Lets the system forget what it keeps of a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def add(figures, name, found, rows):
    figures.add(name, "bulk insert", rows / found["bulk"], "rows/s")
    figures.add(name, "point reads", rows / found["points"], "reads/s")
    figures.add(name, "scan", rows / found["scan"], "rows/s")
    for metric, key in (("bulk insert", "bulk"), ("point reads", "points"), ("scan", "scan")):
        figures.add(name, f"{metric}, processor", found[key + "_processor"] / rows * 1e6, "us")
    figures.add(name, "open", found["open"] * 1000, "ms")


def commits(figures, sides, rows):
    """Lets all sides commit in turns; a side is a name and its command with --from and --count."""
    for turn in range(TURNS):
        note(f"replica, commits, turn {turn + 1}")
        # Nobody is always first.
        for name, command in sides[turn % len(sides):] + sides[:turn % len(sides)]:
            found = step(command(rows + 1 + turn * COMMITS, COMMITS))
            figures.add(name, "FULL commits", 1 / found["commit"], "commits/s")
            figures.add(name, "FULL commits, processor", found["commit_processor"] * 1e6, "us")


def pair(figures, benchmarks, folder, runs):
    """Commits to an encrypted and a plain file in turn, within one process."""
    for run in range(runs):
        found = step([benchmarks, "replica-pair", "--path", folder / f"pair{run}.db",
                      "--count", PAIRS])
        for name, key in ((SUBJECT, "commit"), (PLAIN, "plain")):
            figures.add(name, "FULL commits in turn", 1 / found[key], "commits/s")
            figures.add(name, "FULL commits in turn, processor", found[key + "_processor"] * 1e6,
                        "us")
    for metric in ("FULL commits in turn", "FULL commits in turn, processor"):
        figures.ratio(SUBJECT, PLAIN, metric)


def whole_replica(figures, benchmarks, folder, byte_count, runs):
    path = folder / "whole.db"
    note(f"replica: filling one of {byte_count >> 20} MiB")
    step([benchmarks, "replica-fill", "--path", path, "--bytes", byte_count])
    size = f"{path.stat().st_size / (1 << 30):.2g} GiB"
    for _ in range(runs):
        forget(path)
        for temperature in ("cold", "warm"):
            found = step([benchmarks, "replica-whole", "--path", path])
            figures.add(SUBJECT, f"open, {size}, {temperature}", found["open"] * 1000, "ms")


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "peer":
        peer(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    if len(sys.argv) == 6 and sys.argv[1] == "commits":
        peer_commits(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    options = arguments()
    rows, runs = options.count or ROWS, options.runs or RUNS
    benchmarks = options.build_dir / "Benchmarks"
    python = interpreter(options.build_dir, [PEER_PACKAGE])
    figures = Figures("replica")
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-", dir=options.build_dir) as place:
        folder = Path(place)
        for run in range(runs):
            note(f"replica, run {run + 1}")
            path = folder / f"subject{run}.db"
            found = step([benchmarks, "replica", "--path", path, "--rows", rows])
            found |= step([benchmarks, "replica-open", "--path", path])
            add(figures, SUBJECT, found, rows)
            sides = [(SUBJECT, lambda first, count, path=path: [
                benchmarks, "replica-commits", "--path", path, "--from", first, "--count", count])]
            for name, program in ((PLAIN, "/usr/bin/python3"), (CIPHER, python)):
                path = folder / f"{name}{run}.db"
                found = step([program, __file__, "peer", name, path, rows])
                title = f"{name} {found['version']}"
                add(figures, title, found, rows)
                sides.append((title, lambda first, count, name=name, program=program, path=path: [
                    program, __file__, "commits", name, path, first, count]))
        commits(figures, sides, rows)
        pair(figures, benchmarks, folder, runs)
        # A smaller count of rows asks for a smaller replica, too.
        whole_replica(figures, benchmarks, folder, WHOLE_BYTES * rows // ROWS, runs)
    for other in [name for name in figures.subjects() if name != SUBJECT]:
        for metric in ("bulk insert", "FULL commits", "point reads", "scan"):
            figures.ratio(SUBJECT, other, metric)
            figures.ratio(SUBJECT, other, metric + ", processor")
        figures.ratio(SUBJECT, other, "open")
    figures.print()


if __name__ == "__main__":
    main()
