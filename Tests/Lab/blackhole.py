"""A port that swallows connections, without root: a listener whose backlog is full."""

import socket


class Blackhole:
    """Answers no SYN: to a client it looks like a firewall that drops packets."""

    def __init__(self, host="127.0.0.1"):
        self._listener = socket.socket()
        self._listener.bind((host, 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        # The backlog of 0 has room for one; whoever comes after it waits in vain.
        self._fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((host, self.port))
            self._fillers.append(filler)

    def close(self):
        for filler in self._fillers:
            filler.close()
        self._listener.close()
