#!/usr/bin/python3
"""Reads a replica without any code of syncmail, from docs/FILE_FORMAT.md alone.

    read_replica.py FOLDER [--write]

FOLDER holds replica.db, replica.db-wal, replica.db.keys and machine.key. Prints how many rows each
table has, and compares that with FOLDER/contents.json (or writes that file).
"""

import hashlib
import json
import sqlite3
import struct
import sys
from pathlib import Path

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt
from nacl.bindings.crypto_shorthash import crypto_shorthash_siphash24 as siphash

PAGE = 4096
USABLE = PAGE - 40
FRAME = 24 + PAGE


class Cbor:
    """Deterministic CBOR: unsigned numbers, byte strings, arrays and maps."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def item(self):
        first = self._take(1)[0]
        major, short = first >> 5, first & 31
        number = short if short < 24 else int.from_bytes(self._take(1 << short - 24), "big")
        if major == 0:
            return number
        if major == 2:
            return self._take(number)
        if major == 4:
            return [self.item() for _ in range(number)]
        if major == 5:
            return {self.item(): self.item() for _ in range(number)}
        raise ValueError(f"major type {major} does not occur in a key file")

    def _take(self, count):
        self._at += count
        return self._data[self._at - count:self._at]


def head(major, number):
    """The first bytes of an item, in the shortest form."""
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | 24 + size.bit_length() - 1]) + number.to_bytes(size, "big")


def encoded_list(items):
    return head(4, len(items)) + b"".join(head(2, len(item)) + item for item in items)


def data_key(keys, machine_key):
    magic = b"syncmail keys\n"
    length = int.from_bytes(keys[len(magic):len(magic) + 4], "big")
    end = len(magic) + 4 + length
    for start in (0, end + 32):
        copy = keys[start:start + end]
        if hashlib.blake2b(copy, digest_size=32).digest() == keys[start + end:start + end + 32]:
            break
    else:
        raise ValueError("both copies of the key file are damaged")
    fields = Cbor(copy[len(magic) + 4:]).item()
    if 6 in fields:
        raise ValueError("the data key is being rotated")
    for slot in map(lambda encoded: Cbor(encoded).item(), fields[4]):
        if slot[1] != 1:
            continue
        wrapped = slot[2]
        key = decrypt(wrapped[24:], b"machine" + fields[2], wrapped[:24], machine_key)
        commitment = hashlib.blake2b(b"commit", key=key, digest_size=32).digest()
        if commitment != fields[3]:
            continue
        if fields[1] == 2:
            sealed = b"slots" + fields[2] + encoded_list(fields[4])
            if hashlib.blake2b(sealed, key=key, digest_size=32).digest() != fields[5]:
                raise ValueError("somebody altered the slots")
        return key
    raise ValueError("the machine key opens no slot")


class Replica:
    def __init__(self, folder):
        key = data_key((folder / "replica.db.keys").read_bytes(),
                       (folder / "machine.key").read_bytes())
        main = (folder / "replica.db").read_bytes()
        self._id = main[:16]

        def derive(label, count):
            return hashlib.blake2b(self._id + label, key=key, digest_size=count).digest()

        self._page_key, self._log_key = derive(b"P", 32), derive(b"W", 16)
        self.pages = {}
        log_path = folder / "replica.db-wal"
        log = log_path.read_bytes() if log_path.exists() else b""
        in_log, size = self._committed(log)
        for number in range(1, (size or len(main) // PAGE) + 1):
            self.pages[number] = in_log.get(number) or self._main_page(main, number)
        self.frames = len(in_log)

    def _open(self, page, kind, number, place=b"", clear=b""):
        data = kind + struct.pack(">I", number) + self._id + place + clear
        body = page[24 if clear else 0:USABLE]
        nonce, tag = page[USABLE:USABLE + 24], page[-16:]
        return decrypt(body + tag, data, nonce, self._page_key) + bytes(40)

    def _main_page(self, main, number):
        page = main[(number - 1) * PAGE:number * PAGE]
        if number > 1:
            return self._open(page, b"D", number)
        return b"SQLite format 3\0" + page[16:24] + self._open(page, b"D", 1, clear=page[16:24])

    def _unmasked(self, header, offset):
        left, right = struct.unpack(">II", header[16:24])
        for round in reversed(range(6)):
            text = header[8:16] + struct.pack(">QII", offset, round, left)
            mix = int.from_bytes(siphash(text, self._log_key), "little") & 0xffffffff
            left, right = right ^ mix, left
        return left, right

    def _committed(self, log):
        """The last content of each committed page, and how many pages there are."""
        if len(log) < 32:
            return {}, 0
        words = "<" if struct.unpack(">I", log[:4])[0] & 1 == 0 else ">"

        def add(sums, data):
            first, second = sums
            for left, right in struct.iter_unpack(words + "II", data):
                first = first + left + second & 0xffffffff
                second = second + right + first & 0xffffffff
            return first, second

        sums = add((0, 0), log[:24])
        if sums != struct.unpack(">II", log[24:32]):
            return {}, 0
        committed, open_pages, size = {}, {}, 0
        for offset in range(32, len(log) - FRAME + 1, FRAME):
            header, page = log[offset:offset + 24], log[offset + 24:offset + FRAME]
            number, pages = struct.unpack(">II", header[:8])
            if header[8:16] != log[16:24]:
                break
            place = struct.pack(">Q", offset + 24) + header[8:16]
            try:
                plain = self._open(page, b"W", number, place)
            except Exception:
                break
            sums = add(add(sums, header[:8]), plain)
            if sums != self._unmasked(header, offset):
                break
            open_pages[number] = plain
            if pages:
                committed.update(open_pages)
                open_pages, size = {}, pages
        return committed, size


def main():
    folder = Path(sys.argv[1])
    replica = Replica(folder)
    image = bytearray(b"".join(replica.pages[number] for number in sorted(replica.pages)))
    # The image has no log any more.
    image[18:20] = b"\1\1"
    database = sqlite3.connect(":memory:")
    database.deserialize(bytes(image))
    check = database.execute("PRAGMA integrity_check").fetchone()[0]
    names = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    contents = {
        "integrity": check, "pages": len(replica.pages), "pages in the log": replica.frames,
        "schema": dict(database.execute("SELECT module, version FROM schema_version ORDER BY 1")),
        "rows": {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                 for name in names},
    }
    expected = folder / "contents.json"
    if "--write" in sys.argv:
        expected.write_text(json.dumps(contents, indent=2) + "\n")
    if json.loads(expected.read_text()) != contents:
        print(json.dumps(contents, indent=2))
        sys.exit(f"{folder} holds something else than {expected.name} says")
    print(f"{folder}: {contents['pages']} pages, {contents['pages in the log']} of them in the log")


main()
