"""Holds the mail server's answer to a mail whose last byte has arrived.

Postfix asks this gate, as a policy service at the end of DATA, before it answers. That is where
the lab can end a sender between DATA and the reply, and make a server slow.
"""

import os
import socket
import threading
import time


class DeliveryGate:
    """A policy service that answers at once, after a delay, or when it is released."""

    def __init__(self, path):
        self.delay_seconds = 0.0
        self.arrived = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        os.chmod(path, 0o666)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        """Answers no mail from now on; `arrived` is set when one waits for its answer."""
        self.arrived.clear()
        self._open.clear()

    def release(self):
        self._open.set()

    def close(self):
        self.release()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                # An empty line ends a question.
                if line.strip():
                    continue
                self.arrived.set()
                self._open.wait()
                time.sleep(self.delay_seconds)
                try:
                    stream.write(b"action=DUNNO\n\n")
                    stream.flush()
                except OSError:
                    return
