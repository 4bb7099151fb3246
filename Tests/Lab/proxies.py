#!/usr/bin/python3
"""Proxies as branches have them, each with one habit; it runs on a host of the lab.

    proxies.py PORT cut SECONDS                  ends a tunnel that was silent for so long
    proxies.py PORT buffer SECONDS               keeps back, for so long, what comes after silence
    proxies.py PORT slow SECONDS                 delays everything, and some pieces more
    proxies.py PORT intercept CERT KEY CA LOG   opens TLS with a certificate of its own, and records

All speak CONNECT only. The interceptor trusts the authority CA on its far side, and writes what
passes through it, in the clear, to LOG.
"""

import select
import socket
import ssl
import sys
import threading
import time

CHUNK_BYTES = 65536
HEAD_BYTES_MAXIMUM = 65536
# Nobody is silent for as long as this and expects an answer.
SILENCE_SECONDS = 0.7


def read_head(client):
    """The head of a request, which asks for a tunnel: the host and port; None if it does not."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(CHUNK_BYTES)
        if not piece or len(head) > HEAD_BYTES_MAXIMUM:
            return None
        head += piece
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) != 3 or words[0] != b"CONNECT":
        client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        return None
    host, _, port = words[1].decode().rpartition(":")
    return host, int(port)


def relay(client, server, habit):
    """Carries bytes both ways until one side ends, or the habit says so."""
    last = time.monotonic()
    while True:
        ready, _, _ = select.select([client, server], [], [], habit.patience)
        if not ready:
            return  # It was silent for too long.
        for end in ready:
            other = server if end is client else client
            data = end.recv(CHUNK_BYTES)
            if not data:
                return
            if end is server:
                habit.before_reply(time.monotonic() - last)
            habit.record(data)
            other.sendall(data)
            # What TLS has read already does not wake select.
            while isinstance(end, ssl.SSLSocket) and end.pending():
                data = end.recv(CHUNK_BYTES)
                habit.record(data)
                other.sendall(data)
        last = time.monotonic()


class Habit:
    """What a proxy does besides carrying bytes."""

    patience = None

    def before_reply(self, silence):
        """Called before bytes of the server are passed on, after so much silence."""

    def record(self, data):
        """Called with everything that passes."""

    def open_ends(self, client, host, port):
        """The two ends between which bytes are carried."""
        server = socket.create_connection((host, port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return client, server


class Cut(Habit):
    def __init__(self, seconds):
        self.patience = float(seconds)


class Buffer(Habit):
    def __init__(self, seconds):
        self._seconds = float(seconds)

    def before_reply(self, silence):
        if silence > SILENCE_SECONDS:
            time.sleep(self._seconds)


class Slow(Habit):
    """What a line with latency and loss does to what TCP carries over it."""

    def __init__(self, seconds):
        self._seconds = float(seconds)
        self._count = 0

    def record(self, data):
        self._count += 1
        # A packet that is lost is sent again after 200 ms at the earliest.
        time.sleep(self._seconds + (0.3 if self._count % 50 == 0 else 0))


class Intercept(Habit):
    def __init__(self, certificate, key, authority, log):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._outside = ssl.create_default_context(cafile=authority)
        self._log = open(log, "ab", buffering=0)

    def record(self, data):
        self._log.write(data)

    def open_ends(self, client, host, port):
        server = self._outside.wrap_socket(
            socket.create_connection((host, port)), server_hostname=host)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return self._context.wrap_socket(client, server_side=True), server


def serve(client, habit):
    ends = [client]
    try:
        target = read_head(client)
        if target:
            ends = list(habit.open_ends(client, *target))
            relay(*ends, habit)
    except (OSError, ValueError):
        pass  # One side is gone, or did not trust us.
    finally:
        for end in ends:
            end.close()


def main():
    port, habit, *words = sys.argv[1:]
    habit = {"cut": Cut, "buffer": Buffer, "slow": Slow, "intercept": Intercept}[habit](*words)
    listener = socket.create_server(("", int(port)))
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, habit), daemon=True).start()


if __name__ == "__main__":
    main()
