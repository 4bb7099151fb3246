"""The server that takes the mail: Postfix's `smtp-sink` behind TLS and AUTH.

    client ──TLS──▶ stunnel ──▶ SinkFront (answers AUTH) ──▶ smtp-sink

The same three for the subject and for its peers, so what they cost is in everybody's figures.
"""

import os
import socket
import threading
import time

from figures import cpu_seconds, free_port
from processes import Process

STUNNEL = """\
foreground = yes
pid =
debug = warning
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[smtps]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{front}
cert = {certificate}
key = {key}
"""


def is_listening(port):
    """Whether a connection is taken; it is closed at once."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Sink:
    """Counts the mails that arrive, and notes when."""

    def __init__(self, folder, peers, build, port, certificate, key):
        sink, front = free_port(), free_port()
        self._folder = folder
        self._port = port
        self._arrivals = []
        self._changed = threading.Condition()
        (folder / "stunnel.conf").write_text(STUNNEL.format(
            port=port, front=front, certificate=certificate, key=key))
        read, write = os.pipe()
        words = ["smtp-sink", "-c", f"127.0.0.1:{sink}", "1000"]
        if os.getuid() == 0:
            words[1:1] = ["-u", "nobody"]
        # Its counter is the one thing it prints; a pipe brings each step of it at once.
        self._sink = Process("smtp-sink", words, f"/dev/fd/{write}")
        os.close(write)
        self._front = Process(
            "front", [build / "Benchmarks", "front", "--port", front, "--sink", sink],
            folder / "front.log")
        self._tls = [peers.resolve() / "stunnel4/usr/bin/stunnel4", folder / "stunnel.conf"]
        self._stunnel = None
        threading.Thread(target=self._count, args=(read,), daemon=True).start()

    def open(self):
        """Lets clients in from now on."""
        self._arrivals.clear()
        self._stunnel = Process("stunnel", self._tls, self._folder / "stunnel.log")
        self._stunnel.wait_ready(lambda: is_listening(self._port))

    def shut(self):
        if self._stunnel:
            self._stunnel.stop()
            self._stunnel = None

    def wait(self, count, seconds):
        """Waits until so many mails arrived since the door opened; returns when each did."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._arrivals) >= count, seconds):
                raise RuntimeError(f"{len(self._arrivals)} of {count} mails arrived in {seconds} s")
            return list(self._arrivals)

    def arrived(self):
        return len(self._arrivals)

    def cpu_seconds(self):
        """What the server's side has used."""
        return sum(cpu_seconds(each.pid) for each in (self._sink, self._front, self._stunnel)
                   if each)

    def stop(self):
        for process in (self._stunnel, self._front, self._sink):
            if process:
                process.stop()

    def _count(self, descriptor):
        last = 0
        rest = b""
        while bytes_read := os.read(descriptor, 65536):
            now = time.monotonic()
            parts = (rest + bytes_read).split(b"\r")
            rest = parts.pop()
            for part in parts:
                count = int(part.rpartition(b"mesg=")[2] or last)
                with self._changed:
                    self._arrivals += [now] * (count - last)
                    self._changed.notify_all()
                last = count
        os.close(descriptor)
