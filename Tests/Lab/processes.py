"""Starts and stops the lab's own processes, by their process ids alone."""

import os
import signal
import subprocess

from commands import LabError
from waiting import wait_until

STOP_SECONDS = 10


class Process:
    """One long-running program, whose output goes to a file of its own."""

    def __init__(self, name, argv, log_path, env=None):
        self.name = name
        self.log_path = log_path
        with open(log_path, "ab") as log:
            # A group of its own: what it starts can be stopped with it.
            self.child = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=env, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def is_running(self):
        return self.child.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_ready(self, condition, seconds=20):
        """Waits until the condition holds; a process that ended meanwhile is an error."""
        def ready_or_ended():
            return "ended" if not self.is_running() else condition() and "ready"
        if wait_until(ready_or_ended, seconds) != "ready":
            tail = "\n".join(self.log().splitlines()[-8:])
            raise LabError(f"{self.name} is not ready after {seconds} s. Its log ends:\n{tail}")

    def kill(self):
        """Ends it as a power cut would, alone, without warning."""
        self.child.kill()
        self.child.wait()

    def stop(self):
        """Asks it to end, and insists after a while; a process that has ended is left alone."""
        self._signal_group(signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
            self.child.wait()
        # Helpers that outlived their parent.
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass
