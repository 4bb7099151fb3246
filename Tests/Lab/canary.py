"""Searches files, captures and processes for planted secrets, in the clear or thinly veiled."""

import base64
import json
import os
import quopri
import threading
import time
from pathlib import Path

from stopwatch import processor_seconds

SAMPLE_SECONDS = 0.01
# From the fork to the front's own code, with a switch of namespace and user between them.
SUBJECT_SECONDS_MAXIMUM = 0.25
LINE_BREAKS = (b"\r\n", b"\n")
# Quoted-printable ends a line that goes on with an equals sign.
SOFT_BREAKS = (b"=\r\n", b"=\n")


def veils(secret):
    """The forms in which a secret counts as readable: as it is, and what undoes without a key.

    What base64 makes of a string depends on where in a group of three it begins, so all three
    alignments are made, without the digits at the ends that its neighbours share.
    """
    raw = secret.encode("utf-8")
    quoted = quopri.encodestring(raw).replace(b"=\n", b"")
    forms = {"as it is": raw, "in UTF-16 (little endian)": secret.encode("utf-16-le"),
             "in UTF-16 (big endian)": secret.encode("utf-16-be"),
             "in hexadecimal": raw.hex().encode(), "in HEXADECIMAL": raw.hex().upper().encode(),
             "in quoted-printable": quoted, "in an encoded word": quoted.replace(b" ", b"_"),
             "in JSON": json.dumps(secret)[1:-1].encode()}
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + raw).rstrip(b"=")
        start = (offset * 8 + 5) // 6
        end = (offset + len(raw)) * 8 // 6
        forms[f"in base64 (alignment {offset})"] = encoded[start:end]
        urlsafe = encoded[start:end].replace(b"+", b"-").replace(b"/", b"_")
        forms[f"in base64url (alignment {offset})"] = urlsafe
    return forms


class Canaries:
    """The planted secrets and the search for them."""

    def __init__(self):
        self._forms = []

    def plant(self, secret, name):
        """Remembers a secret under a name that may be printed, and returns the secret."""
        if len(secret) < 8:
            raise ValueError("a canary of less than 8 characters is found by chance")
        self._forms += [(form, f"{name} {veil}") for veil, form in veils(secret).items()]
        return secret

    def find_in(self, data):
        """The names of the secrets that some bytes hold."""
        # Encoded text is wrapped; a break may fall inside a secret.
        views = [data] + [data.replace(ending, b"") for ending in LINE_BREAKS if ending in data]
        soft = [data.replace(ending, b"") for ending in SOFT_BREAKS if ending in data]
        return sorted({
            name for form, name in self._forms
            if any(form in view for view in (views + soft if b"=" in form else views))})

    def find_in_files(self, folders, excluding=()):
        """Every (path, name of the secret) below some folders."""
        found = []
        for folder in folders:
            for path in sorted(Path(folder).rglob("*")):
                if any(path.is_relative_to(other) for other in excluding):
                    continue
                if path.is_file() and not path.is_symlink():
                    found += [(str(path), name) for name in self.find_in(path.read_bytes())]
        return found


class ProcessWatch:
    """Reads the arguments and environments of all processes, over and over, while it runs."""

    def __init__(self, canaries):
        # (program, name of the secret) and the highest age at which it was seen.
        self.found = {}
        self.samples = 0
        self._canaries = canaries
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def leaks(self):
        """What was seen and must not be.

        A person types a subject as an argument of `syncmail`, which overwrites it as soon as it
        has read it: only a process that is younger than that may show one. Nothing else is
        allowed, anywhere.
        """
        return sorted(
            (program, name, round(age, 3)) for (program, name), age in self.found.items()
            if not (program.endswith("/syncmail") and name.startswith("subject")
                    and age < SUBJECT_SECONDS_MAXIMUM))

    def _watch(self):
        own = str(os.getpid())
        known = {}
        while not self._ended.wait(SAMPLE_SECONDS):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                if pid != own:
                    self._look(pid, known)
            self.samples += 1

    def _look(self, pid, known):
        # A process may end at any moment, and another's may not be read: neither is a finding.
        try:
            age = _age_seconds(pid)
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            if known.get(pid) == arguments:
                return
            # On a busy machine it may have waited for its first moment on a processor.
            age -= processor_seconds(f"/proc/{pid}")[1]
            data = arguments + b"\0" + Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return
        names = self._canaries.find_in(data)
        if not names:
            known[pid] = arguments
        words = arguments.decode(errors="replace").split("\0")
        # What enters a namespace carries the words of the program that it becomes.
        program = next((word for word in words if word.endswith("/syncmail")), words[0])
        for name in names:
            self.found[program, name] = max(age, self.found.get((program, name), 0))


def _age_seconds(pid):
    """For how long a process has lived."""
    # The name in parentheses may hold anything; the start time is the 22nd field.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    started = int(fields.rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
