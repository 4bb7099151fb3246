# Packages: postfix openssl libsasl2-modules libwrap0
# Peers: stunnel4
"""Delivering 2,000 mails of 4 KiB that wait in the queue to one server that is back.

Beside the subject, Postfix from its own queue, with its defaults and with TLS connections used
again. All speak TLS from the first byte to the same server (sink.py), verify its certificate and
sign in. The clock of the subject starts with its agent's process, Postfix's with `postqueue -f`
when it has already started; both end when the server has counted the last mail. `steady rate`
leaves the start out: it counts from the 100th mail to the last.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# It opens the way to the modules of the lab.
from figures import Figures, arguments, cpu_seconds, free_port, note
from certificates import Authority
from company import PASSWORD, SENDER, Company
from enqueue import mail
from postfix import Postfix
from sink import Sink
from waiting import wait_until

RUNS = 3
MAILS = 2000
WRITERS = 4
SECONDS_MAXIMUM = 120
SETTLE_SECONDS = 60
WARM_UP = 100
RECIPIENT = "cliente@clientes.test"
SUBJECT = "syncmail"
# The word of the column `estado` of the log.
SENT = "enviado"
DEFAULTS = "Postfix"
REUSING = "Postfix, TLS connections reused"
SETTINGS = {DEFAULTS: "", REUSING: "smtp_tls_connection_reuse = yes\n"}


class Relay:
    """The server, and what queues mails for it."""

    def __init__(self, folder, options):
        self._folder = folder
        self._options = options
        self.count = options.count or MAILS
        self.port = free_port()
        self.authority = Authority(folder / "authority")
        certificate, key = self.authority.issue("mail", ["DNS:localhost", "IP:127.0.0.1"])
        for name, text in zip(("mail", "text"), mail()):
            (folder / name).write_text(text)
        self.sink = Sink(folder, options.peers, options.build_dir, self.port, certificate, key)

    def queue(self, command, source, environment=None):
        words = [self._options.build_dir / "Benchmarks", "spawn", "--count", self.count,
                 "--writers", WRITERS, "--input", self._folder / source, "--", *command]
        subprocess.run(list(map(str, words)), env=environment, check=True,
                       stdout=subprocess.DEVNULL)

    def deliver(self, figures, name, begin, pid):
        """Lets the mails go and notes what it cost; returns once all have arrived."""
        self.sink.open()
        server = self.sink.cpu_seconds()
        start = time.monotonic()
        spent = begin()
        arrivals = self.sink.wait(self.count, SECONDS_MAXIMUM)
        cpu = cpu_seconds(pid()) - spent
        figures.add(name, "rate", self.count / (arrivals[-1] - start), "mails/s")
        figures.add(name, "first mail after", arrivals[0] - start, "s")
        if self.count > WARM_UP:
            figures.add(name, "steady rate", (self.count - WARM_UP) /
                        (arrivals[-1] - arrivals[WARM_UP]), "mails/s")
        figures.add(name, "cpu", cpu, "s")
        figures.add(name, "cpu of the server", self.sink.cpu_seconds() - server, "s")

    def close(self, figures, name, attempts):
        figures.add(name, "attempts", attempts, "")
        if self.sink.arrived() != self.count:
            raise RuntimeError(f"{name}: {self.sink.arrived()} mails arrived, not {self.count}")
        self.sink.shut()


def measure_subject(figures, relay, options, root):
    company = Company(options.build_dir, root, relay.port, relay.authority.certificate)
    try:
        relay.queue(company.send(RECIPIENT, "Cotización 1200"), "text", company.environment)
        company.stop()

        def begin():
            company.device.start_agent()
            return 0

        relay.deliver(figures, SUBJECT, begin, lambda: company.device.agent.pid)
        if not wait_until(lambda: company.states() == {SENT: relay.count}, SETTLE_SECONDS):
            raise RuntimeError(f"the outbox ends as {company.states()}")
        relay.close(figures, SUBJECT, sum(
            1 for row in company.device.attempts() if row["attempt"] is not None))
    finally:
        company.stop()


def measure_postfix(figures, relay, name, root):
    peer = Postfix(root, relay.port, relay.authority.certificate, (SENDER, PASSWORD),
                   SETTINGS[name])
    try:
        peer.hold_back(True)
        peer.start()
        relay.queue(peer.sendmail(RECIPIENT, SENDER), "mail")
        peer.settle(relay.count)
        peer.stop()
        peer.hold_back(False)
        peer.start()

        def begin():
            spent = cpu_seconds(peer.process.pid)
            peer.flush()
            return spent

        relay.deliver(figures, name, begin, lambda: peer.process.pid)
        wait_until(lambda: peer.attempts() >= relay.count, SETTLE_SECONDS)
        relay.close(figures, name, peer.attempts())
    finally:
        peer.stop()


def main():
    options = arguments()
    if os.getuid() != 0:
        note("Postfix's own instance needs root")
        return 77
    figures = Figures("relay")
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-") as folder:
        os.chmod(folder, 0o755)
        relay = Relay(Path(folder), options)
        try:
            for run in range(options.runs or RUNS):
                note(f"relay, run {run + 1}: {SUBJECT}")
                measure_subject(figures, relay, options, Path(folder) / f"subject{run}")
                for number, name in enumerate(SETTINGS):
                    note(f"relay, run {run + 1}: {name}")
                    measure_postfix(figures, relay, name, Path(folder) / f"peer{run}-{number}")
        finally:
            relay.sink.stop()
    for peer in SETTINGS:
        for metric in ("rate", "steady rate", "cpu"):
            figures.ratio(SUBJECT, peer, metric)
    figures.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
