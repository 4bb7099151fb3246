"""Step 4: a concurrent edit is one conflict everywhere, and one resolution settles it."""

from step_offline import CONFLICT_PATH
from steps import step
from waiting import wait_until

SETTLE_SECONDS = 120


@step(4, "The concurrent edit is the same conflict everywhere; resolving it once settles it")
def resolve(world, checks):
    devices = world.devices.values()

    def conflicts():
        return [sorted(entry["value"] for entry in conflict["values"]) for device in devices
                for conflict in device.conflicts() if conflict["path"] == CONFLICT_PATH]

    same = wait_until(lambda: len(conflicts()) == len(devices), SETTLE_SECONDS)
    checks.expect("every replica lists the conflict", same, str(conflicts()))
    checks.expect("with the same two values", len({tuple(values) for values in conflicts()}) == 1
                  and all(len(values) == 2 for values in conflicts()), str(conflicts()))
    provisional = {device.value(CONFLICT_PATH) for device in devices}
    checks.expect("with the same provisional value", len(provisional) == 1, str(provisional))
    # The hub shows nothing yet, but says what it holds: the digest covers every live value.
    agreed = wait_until(lambda: all(
        device.hub_digests().get("config") == device.digests()["config"] for device in devices),
        SETTLE_SECONDS)
    checks.expect("the hub holds the same", agreed)
    outcome = world.devices["n2"].resolve(CONFLICT_PATH, "ventas")
    checks.require("N2 resolves it", outcome.status == 0, str(outcome))
    checks.expect("the resolution reaches every replica", wait_until(
        lambda: {device.value(CONFLICT_PATH) for device in devices} == {"ventas"},
        SETTLE_SECONDS))
    checks.expect("no conflict is left", not conflicts(), str(conflicts()))
    histories = [str(device.history(CONFLICT_PATH)) for device in devices]
    checks.expect("both edits and the resolution stay in everybody's history", all(
        value in history for history in histories
        for value in ("ventas-centro", "ventas-matriz", "ventas")))
