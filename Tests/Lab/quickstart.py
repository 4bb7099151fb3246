#!/usr/bin/python3
"""Tells the product's story on one machine, without root, in plain words.

    quickstart.py [--lang es|en] [--keep] [--build-dir DIR]

A mail server, a hub and three branch machines run as processes in a temporary folder, on
loopback. It speaks Spanish or English, as --lang or LANG says. Exit 0 when everything went as
told; what it made is removed in the end, also after a failure.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from commands import LabError
from frame import let_signals_end
from quickstart_story import CAPABILITIES, tell
from quickstart_texts import TEXTS
from world import World

ROOT = Path(__file__).resolve().parent.parent.parent
LOCALES = {"es": "es_MX.UTF-8", "en": "en_US.UTF-8"}


class Teller:
    """Says what happens, in the reader's language."""

    def __init__(self, language):
        self.language = language
        self._number = 0

    def step(self, key, **values):
        self._number += 1
        self._write(f"\n{self._number}. {self.text(key, **values)}")

    def say(self, key, **values):
        self._write(f"   {self.text(key, **values)}")

    def insist(self, holds, key, **values):
        """What must hold for the story to be true; otherwise the quickstart fails."""
        if not holds:
            raise LabError(self.text(key, **values))

    def text(self, key, **values):
        return TEXTS[key][self.language].format(**values)

    @staticmethod
    def _write(text):
        # Anything may stand in for a terminal; a letter that it cannot show is no reason to fail.
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "replace").decode(encoding), flush=True)


def spoken_language():
    """The language of the environment: English when it says so, else Spanish."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG")
                   if os.environ.get(name)), "")
    return "en" if spoken.lower().startswith("en") else "es"


def arguments():
    parser = argparse.ArgumentParser(description="The quickstart of syncmail.")
    parser.add_argument("--lang", choices=sorted(LOCALES), default=spoken_language())
    parser.add_argument("--keep", action="store_true", help="keep the folder to look at")
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "release")
    return parser.parse_args()


def main():
    options = arguments()
    let_signals_end()
    teller = Teller(options.lang)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"syncmail-quickstart-{os.getpid()}-"))
    world = None
    try:
        world = World(folder, options.build_dir, use_loopback=True,
                      language=LOCALES[options.lang], capabilities=CAPABILITIES)
        world.start()
        tell(world, teller)
    except LabError as error:
        teller.say("failed", detail=error)
        return 1
    finally:
        if world:
            world.close()
        if options.keep:
            teller.say("kept", folder=folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    teller.insist(options.keep or not folder.exists(), "not_removed", folder=folder)
    teller.say("done", seconds=round(time.monotonic() - started))
    return 0


if __name__ == "__main__":
    sys.exit(main())
