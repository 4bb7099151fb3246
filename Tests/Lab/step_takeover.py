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
    world.network.open("n1", 465)
    already = world.mail.maildirs.count()
    world.mail.gate.delay_seconds = 0.02
    for number in range(MAILS):
        subject = f"Aviso {number:03}"
        outcome = n1.send("juan", CLIENTS[number % len(CLIENTS)], subject, f"Aviso {number}.\n")
        if outcome.status != 0:
            checks.require(f"mail {number + 1} is queued", False, str(outcome))
        world.note_sent(outcome.data, "juan", CLIENTS[number % len(CLIENTS)], subject)
    checks.require("N3 is sending", world.settled(already + BEFORE_KILL, TAKEOVER_SECONDS))
    # The server has the whole mail and has not answered: here the sender dies.
    world.mail.gate.hold()
    checks.require("a mail waits for the server's reply", world.mail.gate.arrived.wait(20))
    n3.kill_agent()
    world.mail.gate.release()
    world.mail.gate.delay_seconds = 0.0
    checks.note("the agent of N3 was killed between DATA and the reply")
    checks.expect("N1 takes over: every mail is delivered or in doubt",
                  wait_until(lambda: not _unsettled(world, n1), TAKEOVER_SECONDS),
                  str(_unsettled(world, n1)))
    doubt = _in_doubt(world, n1)
    checks.expect("the mail that was caught is listed as in doubt", doubt)
    checks.expect("none is delivered twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))
    senders = {row["enviado_por"] for row in n1.attempts() if row["event"] == "sent"}
    checks.expect("the log names N1 as a sender", "n1" in senders, str(senders))
    n3.start_agent()
    checks.expect("after its restart, N3's journal leaves in doubt only mails whose text had begun "
                  "to leave", wait_until(lambda: _only_begun(world, n1, doubt), TAKEOVER_SECONDS),
                  str(_in_doubt(world, n1)))
    checks.expect("every other mail is delivered", wait_until(
        lambda: not _undelivered(world) - _in_doubt(world, n1), TAKEOVER_SECONDS),
        str(_undelivered(world) - _in_doubt(world, n1)))
    checks.expect("and nothing is sent twice", not world.mail.maildirs.duplicates(),
                  str(world.mail.maildirs.duplicates()))


def _undelivered(world):
    """The Message-IDs that no Maildir holds."""
    return set(world.sent) - {mail.message_id for mail in world.mail.maildirs.mails()}


def _in_doubt(world, device):
    return {world.headers[row["id"]] for row in device.outbox() if row["state"] == "incierto"}


def _unsettled(world, device):
    """Mails that are neither delivered nor known to be in doubt."""
    missing = _undelivered(world)
    return missing - _in_doubt(world, device) if missing else missing


def _only_begun(world, device, doubt):
    """Whether those still in doubt are those of which N3's journal says that their text left."""
    begun = {world.headers[row["message_id"]] for row in device.every_line()
             if row["event"] == "data_begun"}
    left = _in_doubt(world, device)
    return left and left <= begun and left <= doubt
