#!/usr/bin/python3
"""A full disk and a failing one, for real.

    Tests/Lab/disks.py [--build-dir .build/debug]

The home of a device lies on a tmpfs of a few megabytes, which is filled; then on an ext4 whose
device is a file on such a tmpfs: when that is full, the kernel cannot write back what it took, and
fsync fails. Mounts are made in a namespace of this program's own. Without root the first part uses
a user namespace; the second needs root, because nobody else may set up a loop device, and says so.
What cannot run here is shown by StorageRecoveryTests on a simulated disk.

Exit: 0 all held · 1 something did not · 77 no mount could be made.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks"))

from certificates import Authority
from checks import Checks, Failed
from commands import LabError
from company import Company
from figures import free_port
from waiting import wait_until

MEGABYTE = 1 << 20
RECOVERY_SECONDS = 30
RECIPIENT = "cliente@clientes.test"


def run(*words):
    done = subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise LabError(f"{' '.join(map(str, words))}: {done.stdout.strip()}")
    return done.stdout.strip()


def in_own_mounts():
    """Runs this program again where its mounts are nobody else's; False where that is refused."""
    if os.environ.get("SYNCMAIL_DISKS"):
        return True
    own = ["unshare", "--mount"] + ([] if os.getuid() == 0 else ["--user", "--map-root-user"])
    probe = own + ["mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0:
        return False
    os.environ["SYNCMAIL_DISKS"] = "root" if os.getuid() == 0 else "user"
    os.execvp(own[0], own + [sys.executable] + sys.argv)


class Ballast:
    """A file that takes all the room of a volume."""

    def __init__(self, folder):
        self._path = Path(folder) / "ballast"

    def fill(self):
        with open(self._path, "wb", buffering=0) as file:
            for size in (MEGABYTE, 4096, 1):
                try:
                    while True:
                        file.write(b"\1" * size)
                except OSError:
                    pass

    def remove(self):
        self._path.unlink()


class Mails:
    """Queues mails on a device, and knows which of them were acknowledged."""

    def __init__(self, company):
        self._company = company
        self._number = 0
        self.acknowledged = []

    def send(self, byte_count):
        self._number += 1
        subject = f"Correo {self._number}"
        words = self._company.send(RECIPIENT, subject)
        line = "Una linea de relleno que no dice nada de nadie, y nada mas.\n"
        done = subprocess.run(
            words, env=self._company.environment, input=line * (byte_count // len(line) + 1),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == 0:
            self.acknowledged.append(subject)
        return done

    def send_until_refused(self, byte_count, maximum=60):
        """The first answer that is not 0."""
        for _ in range(maximum):
            done = self.send(byte_count)
            if done.returncode != 0:
                return done
        return done

    def missing(self):
        """Which acknowledged mails the queue does not have."""
        queued = {mail["subject"] for mail in self._company.device.outbox()}
        return [subject for subject in self.acknowledged if subject not in queued]


def storage(company):
    outcome = company.device.run("status", "--json")
    return (outcome.data or {}).get("storage", {}) or {}, outcome


def doctor(company, *words):
    outcome = company.device.run("doctor", *words, "--json")
    return outcome.status, [each["kind"] for each in (outcome.data or {}).get("findings", [])]


def make_company(build, folder, home):
    authority = Authority(folder / "authority")
    # Nobody listens there: the queue alone is of interest.
    return Company(build, home, free_port(), authority.certificate)


def full_disk(checks, build, folder):
    checks.heading("A full disk (tmpfs of 24 MB)")
    volume = folder / "volume"
    volume.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=24m", "none", volume)
    company = make_company(build, folder, volume / "device")
    try:
        mails = Mails(company)
        checks.require("a mail is queued while there is room", mails.send(1000).returncode == 0)
        ballast = Ballast(volume)
        ballast.fill()
        refused = mails.send_until_refused(2 * MEGABYTE)
        checks.expect("send ends with 75", refused.returncode == 75, refused.stderr)
        checks.expect("and says that the disk is full", "is full" in refused.stderr,
                      refused.stderr)
        found, outcome = storage(company)
        checks.expect("status says so", found.get("state") == "full", outcome)
        status, kinds = doctor(company)
        checks.expect("the doctor ends with 75", status == 75 and "full_disk" in kinds, kinds)
        checks.expect("nothing that was acknowledged is gone", not mails.missing(),
                      mails.missing())
        company.device.kill_agent()
        company.device.start_agent()
        checks.expect("nor after kill -9 and a start on the full disk", not mails.missing(),
                      mails.missing())
        agent = company.device.agent.pid
        ballast.remove()
        done = mails.send(2 * MEGABYTE)
        checks.expect("with room again send succeeds by itself", done.returncode == 0, done.stderr)
        found, outcome = storage(company)
        checks.expect("status says that all is well", found.get("state") == "working", outcome)
        checks.expect("the engine never stopped", company.device.agent.pid == agent)
        checks.expect("every acknowledged mail is in the queue", not mails.missing(),
                      mails.missing())
        whole = company.device.run("log", "verify")
        checks.expect("the log is whole", whole.status == 0, whole)
    finally:
        company.stop()
        run("umount", volume)


class FailingDisk:
    """An ext4 whose device cannot write when the tmpfs below it is full."""

    def __init__(self, folder):
        self._below = folder / "below"
        self.path = folder / "disk"
        for place in (self._below, self.path):
            place.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=40m", "none", self._below)
        image = self._below / "image"
        with open(image, "wb") as file:
            file.truncate(256 * MEGABYTE)
        run("mkfs.ext4", "-q", "-O", "^has_journal", "-e", "continue", "-E", "lazy_itable_init=0",
            image)
        self._device = run("losetup", "--find", "--show", image)
        run("mount", self._device, self.path)
        self.ballast = Ballast(self._below)

    def forget(self):
        """Drops what is only in memory, as a power cut would."""
        run("umount", self.path)
        run("mount", self._device, self.path)

    def remove(self):
        for words in (("umount", self.path), ("losetup", "--detach", self._device),
                      ("umount", self._below)):
            subprocess.run([str(word) for word in words], check=False)


def failing_disk(checks, build, folder):
    checks.heading("A disk that fails to sync (ext4 on a loop device without room below)")
    disk = FailingDisk(folder)
    company = None
    try:
        company = make_company(build, folder, disk.path / "device")
        mails = Mails(company)
        # The log gets its full length, so that the next commits fit and their checkpoint does not.
        for size in [20_000] * 5 + [MEGABYTE] * 6:
            mails.send(size)
        checks.require("mails are queued while the disk works", len(mails.acknowledged) == 11)
        agent = company.device.agent.pid
        disk.ballast.fill()
        failed = mails.send_until_refused(MEGABYTE)
        checks.expect("when fsync fails send ends with 75", failed.returncode == 75, failed.stderr)
        again = mails.send(1000)
        found, outcome = storage(company)
        checks.expect("nothing is accepted then", again.returncode == 75, again.stderr)
        checks.expect("status says that the disk failed to store something",
                      found.get("state") == "stopped" and found.get("sync_failures", 0) > 0,
                      outcome)
        status, kinds = doctor(company)
        checks.expect("the doctor ends with 75", status == 75 and "stopped" in kinds, kinds)
        disk.ballast.remove()
        checks.expect(
            "when the disk works again the engine goes on by itself",
            wait_until(lambda: mails.send(1000).returncode == 0, RECOVERY_SECONDS))
        checks.expect("it is the same engine", company.device.agent.pid == agent)
        checks.expect("every acknowledged mail is in the queue", not mails.missing(),
                      mails.missing())
        status, kinds = doctor(company)
        checks.expect("the doctor tells of it until somebody looked after the disk",
                      status == 69 and "alarm_failedSync" in kinds, (status, kinds))
        checks.expect("and then no more", doctor(company, "--dismiss")[0] == 0)
        company.device.kill_agent()
        disk.forget()
        company.device.start_agent()
        checks.expect("what the disk itself holds is every acknowledged mail",
                      not mails.missing(), mails.missing())
    finally:
        if company:
            company.stop()
        disk.remove()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", type=Path, default=Path(".build/debug"))
    options = parser.parse_args()
    if not in_own_mounts():
        print("disks: no mount can be made here, so nothing was tried on a real disk; "
              "StorageRecoveryTests shows the same on a simulated one")
        return 77
    checks = Checks()
    parts = [full_disk]
    if os.environ["SYNCMAIL_DISKS"] == "root" and shutil.which("losetup"):
        parts.append(failing_disk)
    else:
        checks.note("the failing disk needs root for a loop device and was not tried; "
                    "StorageRecoveryTests shows the same on a simulated one")
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="syncmail-disks-") as folder:
            try:
                part(checks, options.build_dir.resolve(), Path(folder))
            except (Failed, LabError, RuntimeError) as error:
                checks.expect(f"{part.__name__} ran to its end", False, error)
    print(f"\ndisks: {checks.passed} held, {checks.failed} did not")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    sys.exit(main())
