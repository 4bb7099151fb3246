"""The peers of `sync` that are libraries: run by a Python that has them, one measurement each.

    library_peers.py pycrdt|sqlite-sync-core COUNT FOLDER    prints one JSON object

Both sides live in one process and nothing travels; the bytes are those that would. pycrdt has no
disk at all. Each then takes 100 changes more.
"""

import dataclasses
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from figures import peak_bytes

CHANGES = 100


def row(number):
    """The text that AuditRows.swift makes of a number, padded to the same 129 bytes."""
    digest = hashlib.sha256(f"row {number}".encode()).digest()
    mail = hashlib.sha256(digest[:8]).digest()[:6].hex()
    return (f'{{"n":{number},"event":"mail.sent","mail":"{mail}",'
            f'"to":"cliente{digest[0]}{digest[1]}@example.mx","ms":{digest[2] * 7},'
            '"reply":"250"}').ljust(129)


class Pycrdt:
    def __init__(self, folder):
        from pycrdt import Array, Doc
        self._documents = []
        for _ in range(2):
            document = Doc()
            document["log"] = Array()
            self._documents.append(document)

    def write(self, first, count):
        source = self._documents[0]
        with source.transaction():
            source["log"].extend([row(number) for number in range(first, first + count)])

    def converge(self):
        source, target = self._documents
        update = source.get_update(target.get_state())
        target.apply_update(update)
        return len(update)

    def count(self):
        return len(self._documents[1]["log"])


class SqliteSyncCore:
    def __init__(self, folder):
        from sqlite_sync.engine import SyncEngine
        self._folder = Path(folder)
        self._engines = []
        for name in ("source", "target"):
            engine = SyncEngine(str(self._folder / f"{name}.db"))
            engine.initialize()
            engine.connection.execute("PRAGMA synchronous = FULL")
            engine.connection.execute(
                "CREATE TABLE record (number INTEGER PRIMARY KEY, body TEXT NOT NULL)")
            engine.connection.commit()
            engine.enable_sync_for_table("record")
            self._engines.append(engine)

    def write(self, first, count):
        connection = self._engines[0].connection
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO record VALUES (?, ?)",
                               [(number, row(number)) for number in range(first, first + count)])
        connection.execute("COMMIT")

    def converge(self):
        source, target = self._engines
        operations = source.get_new_operations(target.get_vector_clock())
        target.apply_batch(operations, source.device_id, content_hash=os.urandom(32))
        # What its stream sends of each: columns as JSON carries them, values in MessagePack.
        return sum(len(json.dumps([value.hex() if isinstance(value, bytes) else value
                                   for value in dataclasses.astuple(operation)]))
                   for operation in operations)

    def count(self):
        return self._engines[1].connection.execute("SELECT count(*) FROM record").fetchone()[0]


def timed(peer, expected):
    wall, cpu = time.monotonic(), time.process_time()
    size = peer.converge()
    cost = {"seconds": time.monotonic() - wall, "cpu": time.process_time() - cpu, "bytes": size}
    if peer.count() != expected:
        raise RuntimeError(f"{peer.count()} of {expected} records arrived")
    return cost


def main():
    name, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    peer = {"pycrdt": Pycrdt, "sqlite-sync-core": SqliteSyncCore}[name](folder)
    peer.write(0, count)
    whole = timed(peer, count)
    peer.write(count, CHANGES)
    changes = timed(peer, count + CHANGES)
    print(json.dumps({"whole": whole, "changes": changes, "peak": peak_bytes(os.getpid())}))


if __name__ == "__main__":
    main()
