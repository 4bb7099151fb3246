# Packages: python3-venv
"""The encrypted replica beside plain SQLite and SQLCipher, on one disk, in turns.

The same SQL runs inside each library, so the language of the caller costs nothing: bulk insertion
in one transaction, commits of one row that are synced (FULL), look-ups by key, a scan of the whole
table, and opening. Plain SQLite is Debian's own library, the very one that the replica stands on,
with the same settings; SQLCipher is `sqlcipher3-binary` of PyPI with a raw key and the same
settings. Opening is also measured on a whole replica of 1 GiB, right after its pages were
forgotten by the system (`open, 1 GiB, cold`) and again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figures, arguments, note

RUNS = 3
ROWS = 100_000
COMMITS = 500
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


def peer(name, path, rows):
    """Measures a peer in a process of its own; prints JSON."""
    if name == PLAIN:
        import sqlite3 as library
        key = None
    else:
        from sqlcipher3 import dbapi2 as library
        key = bytes(range(32)).hex()
    found = {"version": library.sqlite_version}

    def timed(what, body):
        start = time.perf_counter()
        result = body()
        found[what] = time.perf_counter() - start
        return result

    connection = connect(library, path, key)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
    connection.execute("CREATE INDEX item_name ON item (name)")
    timed("bulk", lambda: connection.execute(FILL, (rows,)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def commits():
        for number in range(COMMITS):
            connection.execute(ADD, (rows + number + 1,))
    timed("commits", commits)
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


def interpreter(build):
    """A Python that has SQLCipher, made once below the build folder."""
    folder = build.parent / "bench-venv"
    python = folder / "bin" / "python"
    if subprocess.run([python, "-c", "import sqlcipher3"], stderr=subprocess.DEVNULL).returncode \
            if python.exists() else 1:
        note(f"installing {PEER_PACKAGE} of PyPI in {folder}")
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True, stdout=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER_PACKAGE], check=True,
                       stdout=sys.stderr)
    return python


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
    figures.add(name, "FULL commits", COMMITS / found["commits"], "commits/s")
    figures.add(name, "point reads", rows / found["points"], "reads/s")
    figures.add(name, "scan", rows / found["scan"], "rows/s")
    figures.add(name, "open", found["open"] * 1000, "ms")


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
    options = arguments()
    rows, runs = options.count or ROWS, options.runs or RUNS
    benchmarks, python = options.build_dir / "Benchmarks", interpreter(options.build_dir)
    figures = Figures("replica")
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-", dir=options.build_dir) as place:
        folder = Path(place)
        for run in range(runs):
            note(f"replica, run {run + 1}")
            path = folder / f"subject{run}.db"
            found = step([benchmarks, "replica", "--path", path, "--rows", rows])
            found |= step([benchmarks, "replica-open", "--path", path])
            add(figures, SUBJECT, found, rows)
            for name, program in ((PLAIN, "/usr/bin/python3"), (CIPHER, python)):
                found = step([program, __file__, "peer", name, folder / f"{name}{run}.db", rows])
                add(figures, f"{name} {found['version']}", found, rows)
                if run == 0:
                    note(f"{name}: SQLite {found['version']}")
        # A smaller count of rows asks for a smaller replica, too.
        whole_replica(figures, benchmarks, folder, WHOLE_BYTES * rows // ROWS, runs)
    for other in [name for name in figures.subjects() if name != SUBJECT]:
        for metric in ("bulk insert", "FULL commits", "point reads", "scan", "open"):
            figures.ratio(SUBJECT, other, metric)
    figures.print()


if __name__ == "__main__":
    main()
