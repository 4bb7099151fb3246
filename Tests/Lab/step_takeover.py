"""Step 5: the elected agent dies while it sends; nothing is lost, and nothing is sent twice."""

from steps import step
from waiting import wait_until
from world import CLIENTS

MAILS = 200
BEFORE_KILL = 20
TAKEOVER_SECONDS = 120


@step(5, "kill -9 of the elected agent while it sends 200 mails: N1 takes over")
def take_over(world, checks):
    n1, n3 = world.devices["n1"], world.devices["n3"]
    already = world.mail.maildirs.count()
    # However fast or slow the machine is, the sender is met between DATA and the reply.
    world.mail.gate.hold_after(BEFORE_KILL)
    _queue(world, checks)
    checks.require("N3 is sending", world.settled(already + BEFORE_KILL, TAKEOVER_SECONDS))
    checks.require("a mail waits for the server's reply",
                   world.mail.gate.wait_for_held(TAKEOVER_SECONDS))
    # Until now only N3 reached the server, so it is N3 that was elected.
    world.network.open("n1", 465)
    n3.kill_agent()
    caught = {world.mail.message_id(key) for key in world.mail.gate.release()}
    checks.note(f"the agent of N3 was killed between DATA and the reply ({len(caught)} mails)")
    checks.expect("N1 takes over: every mail is delivered or in doubt",
                  wait_until(lambda: not _unsettled(world, n1), TAKEOVER_SECONDS),
                  str(_unsettled(world, n1)))
    checks.expect("the mail that was caught is listed as in doubt",
                  wait_until(lambda: caught <= _in_doubt(world, n1), TAKEOVER_SECONDS),
                  f"{caught} of {_in_doubt(world, n1)}")
    checks.expect("none is delivered twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))
    checks.expect("the log names N1 as a sender",
                  wait_until(lambda: "n1" in _senders(n1), TAKEOVER_SECONDS), str(_senders(n1)))
    n3.start_agent()
    checks.expect("after its restart, N3's journal leaves in doubt only mails whose text had begun "
                  "to leave", wait_until(
                      lambda: caught <= _in_doubt(world, n1) <= _begun(world, n1),
                      TAKEOVER_SECONDS), str(_in_doubt(world, n1)))
    checks.expect("every other mail is delivered", wait_until(
        lambda: not _undelivered(world) - _in_doubt(world, n1), TAKEOVER_SECONDS),
        str(_undelivered(world) - _in_doubt(world, n1)))
    checks.expect("and nothing is sent twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))


def _queue(world, checks):
    n1 = world.devices["n1"]
    for number in range(MAILS):
        subject, recipient = f"Aviso {number:03}", CLIENTS[number % len(CLIENTS)]
        outcome = n1.send("juan", recipient, subject, f"Aviso {number}.\n")
        if outcome.status != 0:
            checks.require(f"mail {number + 1} is queued", False, str(outcome))
        world.note_sent(outcome.data, "juan", recipient, subject)


def _senders(device):
    """The devices that the log names as senders of mails."""
    return {row["enviado_por"] for row in device.attempts() if row["event"] == "sent"}


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
