"""Steps 6 and 7: replicas agree, the log proves itself, and nothing planted is readable."""

import json
import shutil

from commands import run
from steps import step
from waiting import wait_until

SETTLE_SECONDS = 120
HUB_STOPS_MAXIMUM = 3


@step(6, "Digests are equal wherever two hold the same; log verify finds a changed byte")
def verify(world, checks):
    def holders():
        held = {name: device.digests() for name, device in world.devices.items()}
        for name, device in world.devices.items():
            held[f"the hub, as told to {name}"] = device.hub_digests()
        return held

    wait_until(lambda: not _differences(holders()), SETTLE_SECONDS)
    held = holders()
    checks.expect("for every topic and scope that two of the four hold, digests are equal",
                  not _differences(held), str(_differences(held)))
    held["the hub's store"] = _stored_digests(world, held)
    checks.expect("the hub's own store holds the same", not _differences(held),
                  str(_differences(held)))
    kinds = {name.split("/")[0] for name in held["n3"] if name in held["the hub's store"]}
    checks.expect("the auditor and the hub hold configuration, audit and mail in common",
                  kinds == {"config", "audit", "mail"}, str(kinds))
    for name, device in world.devices.items():
        outcome = device.verify_log()
        checks.expect(f"log verify passes on {name}", outcome.status == 0, str(outcome))
    _check_tampering(world, checks)


def _differences(held):
    names = sorted({name for digests in held.values() for name in digests})
    return [name for name in names
            if len({digests[name] for digests in held.values() if name in digests}) > 1]


def _stored_digests(world, held):
    """What the hub's store holds; a device may have written something just before the stop."""
    for _ in range(HUB_STOPS_MAXIMUM):
        world.hub.stop()
        stored = world.hub.digests()
        world.hub.start()
        if not _differences({**held, "store": stored}):
            break
    return stored


def _check_tampering(world, checks):
    original = world.devices["n3"]
    original.stop()
    copy = world.folder / "n3-copy"
    shutil.copytree(original.home, copy, ignore=shutil.ignore_patterns("socket", "http"))
    original.start_agent()
    # Its own keys are in the copy: this is what whoever owns the machine could do.
    record = json.loads(run([world.programs.folder / "torture", "flip-audit", copy]))
    checks.note("one byte of record {sequence} of {device} was changed in a copy".format(**record))
    outcome = original.verify_log(home=copy)
    said = outcome.output + outcome.error
    checks.expect("log verify on the copy fails and names the record",
                  outcome.status == 65 and record["device"] in said
                  and str(record["sequence"]) in said, str(outcome))


@step(7, "No file, capture, log or process holds a planted password, subject or body")
def search(world, checks):
    for device in world.devices.values():
        device.stop()
    world.hub.stop()
    world.network.stop_captures()
    # The Maildirs and the server's own log hold what was delivered, and the PDFs are what was sent.
    found = world.canaries.find_in_files([world.folder], excluding=[world.mail.root])
    checks.expect("no file, log or capture holds one", not found, str(found[:5]))
    captured = [path for path in world.pcaps if path]
    if world.network.has_firewall_per_host:
        checks.expect("the captures are not empty",
                      captured and all(path.stat().st_size > 1000 for path in captured))
    else:
        checks.note("captures need root: files, logs and processes were searched")
    leaked = world.watch.leaks()
    checks.expect("no process had one in its arguments or environment", not leaked, str(leaked))
    checks.expect("processes were watched all the time", world.watch.samples > 100)
