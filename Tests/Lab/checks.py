"""Numbered steps made of checks; each check is a sentence that holds or does not."""

import sys
import time


class Failed(Exception):
    """A step cannot go on; the reason has been printed."""


class Checks:
    """Counts and prints what passed and what failed."""

    def __init__(self, stream=sys.stdout):
        self.passed = 0
        self.failed = 0
        self._stream = stream
        self._started = time.monotonic()

    def heading(self, text):
        self._print(f"\n{text}")

    def note(self, text):
        """Says something that is neither passed nor failed."""
        self._print(f"   · {text}")

    def expect(self, sentence, holds, detail=""):
        """Records whether a sentence holds, and returns it."""
        if holds:
            self.passed += 1
            self._print(f"   ✔ {sentence}")
        else:
            self.failed += 1
            self._print(f"   ✘ {sentence}" + (f": {detail}" if detail else ""))
        return bool(holds)

    def require(self, sentence, holds, detail=""):
        """As `expect`; without it the rest of the step would be meaningless."""
        if not self.expect(sentence, holds, detail):
            raise Failed(sentence)

    def broken(self, problem):
        """Records a failure that is not a check: an exception, or a missing part."""
        self.failed += 1
        self._print(f"   ✘ {problem}")

    def closing_line(self):
        seconds = time.monotonic() - self._started
        self._print(f"\n{self.passed} passed, {self.failed} failed ({seconds:.1f} s)")
        return 0 if self.failed == 0 and self.passed > 0 else 1

    def _print(self, text):
        self._stream.write(text + "\n")
        self._stream.flush()
