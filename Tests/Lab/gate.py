"""Holds a mail server's answers to mails whose last byte has arrived."""

import threading


class Gate:
    """Lets mails pass, or lets a number of them pass and holds the rest until it is opened.

    A mail has a key, by which its server knows it. Whoever holds a mail stands between DATA and
    the reply: its sender has given everything away and knows nothing.
    """

    def __init__(self):
        self._changed = threading.Condition()
        # How many may pass before the rest is held; None: all.
        self._allowance = None
        self._held = []

    def hold_after(self, count):
        """Lets so many more mails pass, and holds every later one."""
        with self._changed:
            self._allowance = count

    def wait_for_held(self, seconds):
        """Waits until a mail is held, and returns the keys of those that are."""
        with self._changed:
            self._changed.wait_for(lambda: self._held, seconds)
            return list(self._held)

    def release(self):
        """Lets all mails pass from now on, and returns the keys of those that were held."""
        with self._changed:
            self._allowance = None
            held, self._held = self._held, []
            self._changed.notify_all()
            return held

    def pass_through(self, key):
        """Returns when the mail may be answered."""
        with self._changed:
            if self._allowance is None:
                return
            if self._allowance > 0:
                self._allowance -= 1
                return
            self._held.append(key)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._allowance is None)
