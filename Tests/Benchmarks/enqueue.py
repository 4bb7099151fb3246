# Packages: postfix openssl
# Peers: nullmailer
"""Queueing one mail of 4 KiB with a process for each, as programs do that call `sendmail`.

Beside the subject (`send` builds the mail, `sendmail` takes a whole one), with its agent running
and its mail server away: Postfix's `sendmail` with Postfix running and delivery deferred,
nullmailer's `nullmailer-inject`, and `/bin/true`, below which no process gets. All on one disk,
in turns, by one writer and by four at once. The clock of a mail runs from the start of its
process to the end of it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# It opens the way to the modules of the lab.
from figures import Figures, arguments, free_port, note
from certificates import Authority
from company import SENDER, Company
from nullmailer import Nullmailer
from postfix import Postfix

RUNS = 5
MAILS = 200
MAIL_BYTES = 4096
RECIPIENT = "cliente@clientes.test"
SUBJECT = "Cotización 1200"
SYNCMAIL = "syncmail send"
OWN_SENDMAIL = "syncmail sendmail"
SENDMAIL = "Postfix sendmail"
INJECT = "nullmailer-inject"
FLOOR = "/bin/true"


def mail():
    """A mail of exactly so many bytes, and its text alone."""
    head = (f"From: {SENDER}\nTo: {RECIPIENT}\nSubject: =?utf-8?Q?Cotizaci=C3=B3n_1200?=\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n")
    line = "Estimado cliente: le adjuntamos la cotizacion que nos pidio ayer.\n"
    room = MAIL_BYTES - len(head)
    text = (line * (room // len(line) + 1))[:room - 1] + "\n"
    return head + text, text


class Contest:
    """Everybody's command, ready to be run."""

    def __init__(self, folder, options):
        self._benchmarks = options.build_dir / "Benchmarks"
        self._count = options.count or MAILS
        whole, text = mail()
        (folder / "mail").write_text(whole)
        (folder / "text").write_text(text)
        authority = Authority(folder / "authority")
        # Nobody listens there: the queue alone is measured.
        port = free_port()
        self.company = Company(options.build_dir, folder / "subject", port, authority.certificate)
        self.postfix = Postfix(folder / "postfix", port, authority.certificate)
        self.postfix.hold_back(True)
        self.nullmailer = Nullmailer(options.peers.resolve() / "nullmailer", folder / "nullmailer")
        (self.nullmailer.root / "mail").write_text(whole)
        self.commands = {
            SYNCMAIL: (folder / "text", [], self.company.send(RECIPIENT, SUBJECT)),
            OWN_SENDMAIL: (folder / "mail", [], self.company.sendmail(RECIPIENT)),
            SENDMAIL: (folder / "mail", [], self.postfix.sendmail(RECIPIENT, SENDER)),
            INJECT: ("/mail", ["--root", self.nullmailer.root],
                     [Nullmailer.inject, "-f", SENDER, RECIPIENT]),
            FLOOR: (folder / "mail", [], ["/bin/true"]),
        }
        self.queued = 0

    def run(self, name, writers):
        """Queues mails one way, and returns the figures."""
        source, more, command = self.commands[name]
        words = [self._benchmarks, "spawn", "--count", self._count, "--writers", writers,
                 "--input", source, *more, "--", *command]
        done = subprocess.run(list(map(str, words)), env=self.company.environment, text=True,
                              stdout=subprocess.PIPE)
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed; see above")
        return json.loads(done.stdout)

    def check(self, turns):
        """Every mail of every writer must be in its queue: speed that loses mail is none."""
        wanted = turns * self._count
        self.postfix.settle(wanted)
        counts = {SYNCMAIL: sum(self.company.states().values()),
                  INJECT: self.nullmailer.queued()}
        # The subject's queue holds the mails of both its commands.
        expected = {SYNCMAIL: 2 * wanted, INJECT: wanted}
        for name, count in counts.items():
            if count != expected[name]:
                raise RuntimeError(f"{name} queued {count} of {expected[name]} mails")

    def stop(self):
        self.postfix.stop()
        self.company.stop()


def measure(figures, contest, runs):
    for run in range(runs):
        note(f"enqueue, run {run + 1}")
        for writers, suffix in ((1, ""), (4, ", 4 writers")):
            for name in contest.commands:
                found = contest.run(name, writers)
                figures.add(name, f"median{suffix}", found["median_ms"], "ms")
                figures.add(name, f"99th percentile{suffix}", found["p99_ms"], "ms")
                figures.add(name, f"rate{suffix}", found["per_second"], "mails/s")
    contest.check(2 * runs)


def main():
    options = arguments()
    if os.getuid() != 0:
        note("Postfix's own instance and nullmailer's own root folder need root")
        return 77
    figures = Figures("enqueue")
    with tempfile.TemporaryDirectory(prefix="syncmail-bench-") as folder:
        os.chmod(folder, 0o755)
        contest = Contest(Path(folder), options)
        try:
            contest.postfix.start()
            measure(figures, contest, options.runs or RUNS)
        finally:
            contest.stop()
    for peer in (SENDMAIL, INJECT):
        for suffix in ("", ", 4 writers"):
            for metric in ("median", "99th percentile"):
                figures.ratio(SYNCMAIL, peer, metric + suffix)
                figures.ratio(OWN_SENDMAIL, peer, metric + suffix)
    figures.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
