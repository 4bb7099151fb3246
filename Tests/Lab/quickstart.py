#!/usr/bin/python3
"""Tells the product's story on one machine, without root, in plain words.

    quickstart.py [--build-dir DIR]

A mail server, a hub and three branch machines run as processes in a temporary folder, on
loopback. It speaks Spanish or English, as LANG says. Exit 0 when everything went as told.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from commands import LabError
from quickstart_texts import TEXTS
from waiting import wait_until
from world import CLIENTS, World, make_pdf

ROOT = Path(__file__).resolve().parent.parent.parent
MAILS = 6
PDF_BYTES = 1024 * 1024
DELIVERY_SECONDS = 40
SETTLE_SECONDS = 20
PATH = "user/juan/role"


class Teller:
    """Says what happens, in the reader's language."""

    def __init__(self, language):
        self.language = language
        self._number = 0

    def step(self, key, **values):
        self._number += 1
        print(f"\n{self._number}. {self._text(key, values)}", flush=True)

    def say(self, key, **values):
        print(f"   {self._text(key, values)}", flush=True)

    def insist(self, holds, key, **values):
        """What must hold for the story to be true; otherwise the quickstart fails."""
        if not holds:
            raise LabError(self._text(key, values))

    def _text(self, key, values):
        return TEXTS[key][self.language].format(**values)


def tell(world, teller):
    n1, n2, n3 = (world.devices[name] for name in ("n1", "n2", "n3"))
    teller.step("company")
    world.found_company()
    teller.say("company_done")

    teller.step("offline")
    world.network.link_down("n1")
    pdf = make_pdf(world.folder, "cotización.pdf", PDF_BYTES)
    for number in range(MAILS):
        user = "juan" if number % 2 == 0 else "maria"
        outcome = n1.send(user, CLIENTS[number % len(CLIENTS)], f"Cotización {number + 1}",
                          "Estimado cliente: adjuntamos la cotización.\n",
                          [pdf] if number == 0 else [])
        teller.insist(outcome.status == 0, "send_failed", detail=outcome)
        teller.say("queued", user=user, number=number + 1,
                   milliseconds=round(outcome.seconds * 1000))

    teller.step("edit")
    for device, value in ((n2, "ventas-centro"), (n3, "ventas-matriz")):
        outcome = device.set(PATH, value)
        teller.insist(outcome.status == 0, "edit_failed", detail=outcome)
        teller.say("edited", device=device.name, value=value)

    teller.step("link")
    world.network.link_up("n1")
    arrived = world.settled(MAILS, DELIVERY_SECONDS)
    teller.insist(arrived, "not_arrived", count=world.mail.maildirs.count(), total=MAILS)
    for mail in world.mail.maildirs.mails():
        teller.say("arrived" if not mail.reply_to else "arrived_fallback", subject=mail.subject,
                   sender=mail.envelope_from, reply=mail.reply_to)
    teller.insist(not world.mail.maildirs.duplicates(), "duplicates")
    teller.say("once", total=MAILS)

    teller.step("conflict")
    teller.insist(wait_until(lambda: n1.conflicts() and n2.conflicts() and n3.conflicts(),
                             SETTLE_SECONDS), "no_conflict")
    outcome = n2.resolve(PATH, "ventas")
    teller.insist(outcome.status == 0, "edit_failed", detail=outcome)
    teller.insist(wait_until(lambda: not any(
        device.conflicts() for device in (n1, n2, n3)), SETTLE_SECONDS), "not_settled")
    teller.say("resolved")

    teller.step("verify")
    for device in (n1, n2, n3):
        device.sync()
        outcome = device.verify_log()
        teller.insist(outcome.status == 0, "verify_failed", device=device.name, detail=outcome)
        teller.say("verified", device=device.name)

    teller.step("log")
    table = n3.run("log", "list")
    teller.insist(table.status == 0 and table.output.strip(), "log_failed", detail=table)
    print(f"\n{table.output}", flush=True)


def end(number, _):
    """Lets `finally` run: a signal becomes an exception."""
    raise SystemExit(128 + number)


def main():
    parser = argparse.ArgumentParser(description="The quickstart of syncmail.")
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "release")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG")
                   if os.environ.get(name)), "")
    language = "en" if spoken.lower().startswith("en") else "es"
    teller = Teller(language)
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"syncmail-quickstart-{os.getpid()}-"))
    world = None
    try:
        world = World(folder, options.build_dir, use_loopback=True,
                      language="en_US.UTF-8" if language == "en" else "es_MX.UTF-8")
        world.start()
        tell(world, teller)
    except LabError as error:
        teller.say("failed", detail=error)
        return 1
    finally:
        if world:
            world.close()
        shutil.rmtree(folder, ignore_errors=True)
    teller.say("done", seconds=round(time.monotonic() - started))
    return 0


if __name__ == "__main__":
    sys.exit(main())
