"""A wire on loopback that can be cut: forwards TCP connections to one port."""

import socket
import threading

CHUNK_BYTES = 65536


class Forwarder:
    """Forwards from a port of its own; while cut, connections are refused and broken."""

    def __init__(self, target_port, host="127.0.0.1"):
        self._target = (host, target_port)
        self._pairs = []
        self._lock = threading.Lock()
        self._is_cut = False
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Breaks every connection and lets no new one through."""
        with self._lock:
            self._is_cut = True
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            _shut(end)

    def mend(self):
        with self._lock:
            self._is_cut = False

    def close(self):
        self.cut()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(self._target, 5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            refused = self._is_cut
            if not refused:
                self._pairs.append((client, server))
        if refused:
            client.close()
            server.close()
            return
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()
        with self._lock:
            if (client, server) in self._pairs:
                self._pairs.remove((client, server))
        client.close()
        server.close()


def _pump(source, target):
    """Copies bytes until one side ends, then tells the other."""
    try:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        _shut(source)
        _shut(target)


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
