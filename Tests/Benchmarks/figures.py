"""What the benchmark drivers share: figures, processes of other programs, and their cost."""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Lab"))

TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    """What scripts/bench passes to a driver."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--runs", type=int, help="how often each side runs")
    parser.add_argument("--count", type=int, help="how many records or mails")
    return parser.parse_args()


class Figures:
    """Collects values run by run, and prints the median of each at the end."""

    def __init__(self, bench):
        self._bench = bench
        self._values = {}

    def add(self, subject, metric, value, unit):
        self._values.setdefault((subject, metric, unit), []).append(value)

    def median(self, subject, metric):
        return next((statistics.median(values) for key, values in self._values.items()
                     if key[:2] == (subject, metric)), None)

    def subjects(self):
        """Who was measured, in order."""
        return list(dict.fromkeys(subject for subject, _, _ in self._values))

    def ratio(self, subject, peer, metric, peer_metric=None):
        """Adds how many times the peer's median the subject's is: below 1 is better."""
        there = self.median(peer, peer_metric or metric)
        if there:
            self.add(f"{subject} / {peer}", metric, self.median(subject, metric) / there, "×")

    def print(self):
        # Every figure was measured on a machine that did this much else.
        self.add("machine", "load", os.getloadavg()[0], "runnable")
        for (subject, metric, unit), values in self._values.items():
            print(json.dumps({
                "bench": self._bench, "subject": subject, "metric": metric,
                "value": float(f"{statistics.median(values):.4g}"), "unit": unit,
                "runs": len(values)}, ensure_ascii=False), flush=True)


def note(text):
    """Tells the person who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def interpreter(build, packages):
    """A Python that has some packages of PyPI, made once below the build folder."""
    folder = build.parent / "bench-venv"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True, stdout=sys.stderr)
    for package in packages:
        pip = [python, "-m", "pip"]
        if subprocess.run(pip + ["show", "--quiet", package], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0:
            note(f"installing {package} of PyPI in {folder}")
            subprocess.run(pip + ["install", "--quiet", package], check=True, stdout=sys.stderr)
    return python


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def in_own_network(argv):
    """Runs this program again in a network of its own, where its loopback carries nothing else.

    Returns at once in that second life. Without the right to make a network it returns too,
    and bytes are then counted together with those of every other program.
    """
    if os.environ.get("BENCH_OWN_NETWORK"):
        return True
    unshare = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        note("no right to make a network: bytes include those of other programs")
        return False
    os.environ["BENCH_OWN_NETWORK"] = "1"
    script = 'ip link set lo up && exec "$@"'
    os.execvp(unshare[0], unshare + ["sh", "-c", script, "sh", sys.executable] + argv)


def loopback_bytes():
    """How many bytes the loopback interface has carried, TCP and IP headers included."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name.strip() == "lo":
            return int(rest.split()[0])
    return 0


def tree(pid):
    """A process and everything it started that still runs."""
    pids = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            pids += [grandchild for child in path.read_text().split()
                     for grandchild in tree(int(child))]
        except OSError:
            pass
    return pids


def cpu_seconds(pid):
    """The processor time of a process and its children, ended ones included."""
    ticks = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # utime and stime, and of ended children only the root's, or some would count twice.
        ticks += sum(int(field) for field in fields[11:15 if each == pid else 13])
    return ticks / TICKS


def memory_bytes(pid):
    """The memory of a process and its children now, what they share counted once."""
    total = 0
    for each in tree(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


def peak_bytes(pid):
    """The most memory that one process has had in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
