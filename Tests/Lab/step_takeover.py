"""Step 5: the elected agent dies while it sends; nothing is lost, and nothing is sent twice."""

from commands import LabError
from steps import step
from waiting import wait_until
from world import CLIENTS

MAILS = 200
BEFORE_KILL = 20
TAKEOVER_SECONDS = 120


@step(5, "kill -9 of the elected agent while it sends 200 mails: another takes over")
def take_over(world, checks):
    already = world.mail.maildirs.count()
    # However fast or slow the machine is, the sender is met between DATA and the reply.
    world.mail.gate.hold_after(BEFORE_KILL)
    notices = _queue(world, checks)
    checks.require("the elected device is sending",
                   world.settled(already + BEFORE_KILL, TAKEOVER_SECONDS))
    checks.require("a mail waits for the server's reply",
                   world.mail.gate.wait_for_held(TAKEOVER_SECONDS))
    world.network.open("n1", 465)
    elected = _elected(world, notices)
    killed, other = world.devices[elected], world.devices["n3" if elected == "n1" else "n1"]
    if world.network.has_firewall_per_host:
        checks.expect("it is N3, which alone reached the server", elected == "n3", elected)
    else:
        checks.note(f"everybody reaches the server here; {elected} was elected")
    killed.kill_agent()
    caught = {world.mail.message_id(key) for key in world.mail.gate.release()}
    checks.note(f"{elected}'s agent was killed between DATA and the reply ({len(caught)} mails)")
    checks.expect("another takes over: every mail is delivered or in doubt",
                  wait_until(lambda: not _unsettled(world, other), TAKEOVER_SECONDS),
                  str(_unsettled(world, other)))
    checks.expect("the mail that was caught is listed as in doubt",
                  wait_until(lambda: caught <= _in_doubt(world, other), TAKEOVER_SECONDS),
                  f"{caught} of {_in_doubt(world, other)}")
    checks.expect("none is delivered twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))
    successors = {"n1"} if world.network.has_firewall_per_host else set(world.devices) - {elected}
    checks.expect("the log names another as a sender",
                  wait_until(lambda: _senders(other, notices) & successors, TAKEOVER_SECONDS),
                  str(_senders(other, notices)))
    killed.start_agent()
    checks.expect("after its restart, its journal leaves in doubt only mails whose text had begun "
                  "to leave", wait_until(
                      lambda: caught <= _in_doubt(world, other) <= _begun(world, other),
                      TAKEOVER_SECONDS), str(_in_doubt(world, other)))
    checks.expect("every other mail is delivered", wait_until(
        lambda: not _undelivered(world) - _in_doubt(world, other), TAKEOVER_SECONDS),
        str(_undelivered(world) - _in_doubt(world, other)))
    checks.expect("and nothing is sent twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))


def _queue(world, checks):
    """Queues the mails, and returns the product's names for them."""
    notices = set()
    for number in range(MAILS):
        subject, recipient = f"Aviso {number:03}", CLIENTS[number % len(CLIENTS)]
        outcome = world.devices["n1"].send("juan", recipient, subject, f"Aviso {number}.\n")
        if outcome.status != 0:
            checks.require(f"mail {number + 1} is queued", False, str(outcome))
        world.note_sent(outcome.data, "juan", recipient, subject)
        notices.add(outcome.data["id"])
    return notices


def _elected(world, notices):
    """The device that sends some mails, as the auditor's log names it."""
    senders = wait_until(lambda: _senders(world.devices["n3"], notices), TAKEOVER_SECONDS)
    if not senders or len(senders) > 1:
        raise LabError(f"one device should have sent the first mails, not {senders}")
    return senders.pop()


def _senders(device, notices):
    """The devices that have sent some of the mails, as the log of one names them."""
    return {row["enviado_por"] for row in device.attempts()
            if row["event"] == "sent" and row["message_id"] in notices}


def _undelivered(world):
    """The Message-IDs that no Maildir holds."""
    return set(world.sent) - {mail.message_id for mail in world.mail.maildirs.mails()}


def _in_doubt(world, device):
    return {world.headers[row["id"]] for row in device.outbox() if row["state"] == "incierto"}


def _unsettled(world, device):
    """Mails that are neither delivered nor known to be in doubt."""
    missing = _undelivered(world)
    return missing - _in_doubt(world, device) if missing else missing


def _begun(world, device):
    """Mails of which a journal says that their text had begun to leave."""
    return {world.headers[row["message_id"]] for row in device.every_line()
            if row["event"] == "data_begun"}
