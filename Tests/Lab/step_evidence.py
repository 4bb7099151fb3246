"""Steps 6 and 7: replicas agree, the log proves itself, and nothing planted is readable."""

import shutil

from product import hub_digests
from steps import step
from waiting import wait_until

SETTLE_SECONDS = 30


@step(6, "Digests are equal wherever two hold the same; log verify finds a changed byte")
def verify(world, checks):
    devices = world.devices

    def holders():
        held = {name: device.digests() for name, device in devices.items()}
        held["hub"] = hub_digests(world.hub, world.programs, world.network)
        return held

    def differences():
        held = holders()
        names = sorted({name for digests in held.values() for name in digests})
        return [name for name in names
                if len({digests[name] for digests in held.values() if name in digests}) > 1]

    equal = wait_until(lambda: not differences(), SETTLE_SECONDS)
    checks.expect("for every topic and scope that two of the four hold, digests are equal", equal,
                  str(differences()))
    shared = [name for name in holders()["n3"] if name in holders()["hub"]]
    checks.expect("the auditor and the hub hold some in common", shared)
    for name, device in devices.items():
        outcome = device.verify_log()
        checks.expect(f"log verify passes on {name}", outcome.status == 0, str(outcome))
    _check_tampering(world, checks)


def _check_tampering(world, checks):
    original = world.devices["n3"]
    original.stop()
    copy = world.folder / "n3-copy"
    shutil.copytree(original.home, copy)
    original.start_agent()
    # The hook flips one byte of one audit body inside the encrypted copy; it is in debug builds.
    changed = original.run("--home", copy, "log", "verify", "--test-flip-audit-byte", "--json")
    checks.require("one byte of one audit body is changed in a copy", changed.data is not None
                   and "record" in changed.data, str(changed))
    outcome = original.verify_log(home=copy)
    checks.expect("log verify on the copy fails and names the record",
                  outcome.status == 65
                  and changed.data["record"] in outcome.output + outcome.error, str(outcome))


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
    # A subject is an argument of the very command that a person typed, and of nothing else.
    leaked = {(program, name) for program, name in world.watch.found
              if not (program.endswith("/syncmail") and name.startswith("subject"))}
    checks.expect("no process had one in its arguments or environment", not leaked, str(leaked))
    checks.expect("processes were watched all the time", world.watch.samples > 100)
