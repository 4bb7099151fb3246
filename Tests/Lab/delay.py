"""Stands between a mail server and its answer to a mail whose last byte has arrived.

Postfix asks this service, as a policy at the end of DATA, before it answers. That is where the
lab can end a sender between DATA and the reply.
"""

import os
import socket
import threading

from gate import Gate


class DeliveryGate(Gate):
    """A gate as a policy service; the keys of the mails are Postfix's queue ids."""

    def __init__(self, path):
        super().__init__()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        os.chmod(path, 0o666)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

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
            question = {}
            for line in stream:
                # An empty line ends a question.
                if line.strip():
                    name, _, value = line.decode(errors="replace").strip().partition("=")
                    question[name] = value
                    continue
                self.pass_through(question.get("queue_id", ""))
                question = {}
                try:
                    stream.write(b"action=DUNNO\n\n")
                    stream.flush()
                except OSError:
                    return
