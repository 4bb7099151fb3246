"""The story of the quickstart: each step does something, checks it, and says what was checked."""

import socket
import time
from email.utils import parseaddr

from commands import LabError
from waiting import wait_until
from world import CLIENTS, DEFAULT, JUAN, MARIA, make_pdf

MAILS = 6
LATER_MAILS = 3
PDF_BYTES = 1024 * 1024
DELIVERY_SECONDS = 40
SETTLE_SECONDS = 20
TAKEOVER_SECONDS = 90
SILENCE_SECONDS = 1
# N1, where mail is written, holds no password: the others send for it.
CAPABILITIES = {"n1": ["auditor"], "n2": ["sender", "admin"]}
PATH = "user/juan/role"
EDITS = {"n2": "ventas-centro", "n3": "ventas-matriz"}
CHOSEN = "ventas"


def tell(world, teller):
    for part in (found, queue_offline, edit_at_once, deliver, settle, take_over, verify, search,
                 show_log):
        part(world, teller)


def found(world, teller):
    teller.step("company")
    world.found_company()
    for device in world.devices.values():
        known = sorted(row["name"] for row in device.ask("device", "list"))
        teller.insist(known == ["n1", "n2", "n3"], "not_known", device=device.name, known=known)
    teller.say("company_done")
    (open_port, _), (silent_port, _) = world.network.mail_routes
    teller.insist(_greets(open_port), "port_not_open", port=open_port)
    teller.insist(not _greets(silent_port), "port_not_silent", port=silent_port)
    teller.say("ports", open=open_port, silent=silent_port)


def _greets(port):
    """Whether anything accepts a connection at all; a dropped one is never answered."""
    try:
        socket.create_connection(("127.0.0.1", port), SILENCE_SECONDS).close()
    except OSError:
        return False
    return True


def queue_offline(world, teller):
    n1 = world.devices["n1"]
    teller.step("offline")
    world.network.link_down("n1")
    outcome = n1.sync()
    teller.insist(outcome.status != 0, "still_online")
    pdf = make_pdf(world.folder, "cotización.pdf", PDF_BYTES)
    for number in range(MAILS):
        user = "juan" if number % 2 == 0 else "maria"
        _, milliseconds = _send(world, teller, user, f"Cotización {number + 1}",
                                [pdf] if number == 0 else [])
        teller.say("queued", user=user, number=number + 1, milliseconds=milliseconds)
    states = {row["state"] for row in n1.outbox()}
    teller.insist(states == {"en_cola"}, "not_queued", states=sorted(states))
    teller.insist(world.mail.maildirs.count() == 0, "left_offline")


def _send(world, teller, user, subject, attachments=()):
    recipient = CLIENTS[len(world.sent) % len(CLIENTS)]
    world.canaries.plant(subject, f"subject “{subject}”")
    started = time.monotonic()
    outcome = world.devices["n1"].send(
        user, recipient, subject, "Estimado cliente: adjuntamos la cotización.\n", attachments)
    milliseconds = round((time.monotonic() - started) * 1000)
    teller.insist(outcome.status == 0 and outcome.data, "send_failed", detail=outcome)
    world.note_sent(outcome.data, user, recipient, subject)
    return outcome.data["id"], milliseconds


def edit_at_once(world, teller):
    teller.step("edit")
    for name, value in EDITS.items():
        outcome = world.devices[name].set(PATH, value)
        teller.insist(outcome.status == 0, "edit_failed", detail=outcome)
        teller.say("edited", device=name, value=value)


def deliver(world, teller):
    teller.step("link")
    world.network.link_up("n1")
    arrived = world.settled(MAILS, DELIVERY_SECONDS)
    teller.insist(arrived, "not_arrived", count=world.mail.maildirs.count(), total=MAILS)
    for mail in sorted(world.mail.maildirs.mails(), key=lambda mail: mail.subject):
        user = world.sent.get(mail.message_id, ("?",))[0]
        account, replies = (JUAN, ("", JUAN)) if user == "juan" else (DEFAULT, (MARIA,))
        reply = parseaddr(mail.reply_to)[1]
        teller.insist(mail.envelope_from == account and reply in replies, "wrong_sender",
                      subject=mail.subject, sender=mail.envelope_from, reply=reply)
        teller.say("arrived" if user == "juan" else "arrived_fallback", subject=mail.subject,
                   sender=mail.envelope_from, reply=reply)
    _insist_once(world, teller)
    n3 = world.devices["n3"]
    open_port, silent_port = (port for port, _ in world.network.mail_routes)
    teller.insist(wait_until(lambda: len(_sent_rows(n3)) == MAILS, SETTLE_SECONDS), "not_in_log",
                  count=len(_sent_rows(n3)), total=MAILS)
    ports = {row["port"] for row in _sent_rows(n3)}
    teller.insist(ports == {open_port}, "wrong_port", ports=ports)
    teller.say("once", total=MAILS, port=open_port, senders=_senders(n3))
    dropped = wait_until(lambda: [row for row in n3.routes() if row["port"] == silent_port
                                  and row["cause"] == "TCP_DROP"], SETTLE_SECONDS)
    teller.insist(dropped, "drop_not_in_log", port=silent_port)
    teller.say("dropped", port=silent_port)


def _sent_rows(device):
    return [row for row in device.attempts() if row["event"] == "sent"]


def _senders(device):
    return ", ".join(sorted({row["enviado_por"] for row in _sent_rows(device)}))


def _insist_once(world, teller):
    copies = world.mail.maildirs.copies()
    expected = {(header, recipient): 1 for header, (_, recipient, _) in world.sent.items()}
    teller.insist(dict(copies) == expected, "duplicates", detail=world.mail.maildirs.duplicates())


def settle(world, teller):
    devices = list(world.devices.values())

    def listed():
        return [sorted(entry["value"] for entry in conflict["values"]) for device in devices
                for conflict in device.conflicts() if conflict["path"] == PATH]

    teller.step("conflict")
    wanted = [sorted(EDITS.values())] * len(devices)
    teller.insist(wait_until(lambda: listed() == wanted, SETTLE_SECONDS), "no_conflict",
                  detail=listed())
    outcome = world.devices["n2"].resolve(PATH, CHOSEN)
    teller.insist(outcome.status == 0, "edit_failed", detail=outcome)
    teller.insist(wait_until(lambda: not listed() and {
        device.value(PATH) for device in devices} == {CHOSEN}, SETTLE_SECONDS), "not_settled")
    for device in devices:
        history = str(device.history(PATH))
        teller.insist(all(value in history for value in (*EDITS.values(), CHOSEN)), "forgotten",
                      device=device.name)
    teller.say("resolved", value=CHOSEN)


def take_over(world, teller):
    """The server has a whole mail and has not answered: there the sender dies."""
    teller.step("takeover")
    world.mail.gate.hold_after(0)
    new = set()
    for number in range(LATER_MAILS):
        new.add(_send(world, teller, "juan", f"Aviso urgente {number + 1}")[0])
    n1 = world.devices["n1"]
    teller.insist(wait_until(lambda: new <= _at_hub(n1), SETTLE_SECONDS), "not_offered")
    teller.insist(world.mail.gate.wait_for_held(DELIVERY_SECONDS), "nobody_sends")
    sender = wait_until(lambda: _sender(world, new), SETTLE_SECONDS)
    teller.insist(sender, "nobody_sends")
    sender.kill_agent()
    world.mail.gate.release()
    teller.say("killed", device=sender.name)
    for number in range(LATER_MAILS):
        _send(world, teller, "juan", f"Aviso siguiente {number + 1}")
    settled = wait_until(lambda: not _unsettled(world), TAKEOVER_SECONDS)
    teller.insist(settled, "not_taken_over", count=len(_unsettled(world)))
    _say_who_took_over(world, teller, new, sender)
    sender.start_agent()
    _decide_doubts(world, teller, sender)
    teller.insist(world.settled(len(world.sent), DELIVERY_SECONDS), "not_arrived",
                  count=world.mail.maildirs.count(), total=len(world.sent))
    _insist_once(world, teller)
    teller.say("all_once", total=len(world.sent))


def _at_hub(device):
    """The mails of a machine about which the hub's ledger decides."""
    return {row["id"] for row in device.outbox() if row["custody"] == "hub"}


def _sender(world, mails):
    """The machine whose own journal says that it began to hand over one of some mails."""
    return next((device for device in world.devices.values() if _begun(device) & mails), None)


def _doubts(world):
    """The mails that are in doubt, as the machine lists them where they were written."""
    return {row["id"] for row in world.devices["n1"].outbox() if row["state"] == "incierto"}


def _undelivered(world):
    delivered = {mail.message_id for mail in world.mail.maildirs.mails()}
    return {mail for mail, header in world.headers.items() if header not in delivered}


def _unsettled(world):
    """Mails that neither arrived nor are known to be in doubt."""
    missing = _undelivered(world)
    return missing - _doubts(world) if missing else missing


def _say_who_took_over(world, teller, new, sender):
    doubts = _doubts(world)
    teller.insist(doubts & new, "no_doubt")
    n1, later = world.devices["n1"], set(world.headers) - doubts

    def heirs():
        return sorted({row["enviado_por"] for row in _sent_rows(n1)
                       if row["message_id"] in later and row["enviado_por"] != sender.name})

    teller.insist(wait_until(heirs, SETTLE_SECONDS), "no_heir")
    teller.say("taken_over", device=", ".join(heirs()), count=LATER_MAILS)
    teller.say("doubts", count=len(doubts))


def _decide_doubts(world, teller, sender):
    """Does what a person does who asks the mail server whether it has the mail."""
    n1 = world.devices["n1"]
    begun = wait_until(lambda: _begun(sender) & _doubts(world), SETTLE_SECONDS)
    teller.insist(begun, "no_doubt")
    # The journal of the restarted machine says which texts had not begun to leave.
    teller.insist(wait_until(lambda: _doubts(world) <= _begun(sender), SETTLE_SECONDS),
                  "not_narrowed", count=len(_doubts(world) - _begun(sender)))
    teller.say("narrowed", device=sender.name, count=len(_doubts(world)))
    for mail in sorted(_doubts(world)):
        arrived = mail not in _undelivered(world)
        teller.say("doubt", subject=world.sent[world.headers[mail]][2])
        outcome = n1.decide(mail, "--sent" if arrived else "--resend")
        teller.insist(outcome.status == 0, "not_decided", detail=outcome)
        teller.say("declared_sent" if arrived else "resend")
    teller.insist(wait_until(lambda: not _doubts(world), SETTLE_SECONDS), "still_doubtful")


def _begun(device):
    """The mails whose text began to leave, as the machine's own journal says."""
    return {line["message_id"] for line in device.every_line()
            if line["event"] == "data_begun" and line["enviado_por"] == device.name}


def verify(world, teller):
    devices = list(world.devices.values())
    teller.step("verify")
    for device in devices:
        device.sync()
    for device in devices:
        outcome = device.verify_log()
        teller.insist(outcome.status == 0, "verify_failed", device=device.name, detail=outcome)
        teller.say("verified", device=device.name)
    teller.insist(wait_until(lambda: not _differing(devices), SETTLE_SECONDS), "differing",
                  names=_differing(devices))
    teller.say("same")


def _differing(devices):
    """What two of them hold, or the hub and one of them, and do not hold equally."""
    held = [digests for device in devices for digests in (device.digests(), device.hub_digests())]
    names = {name for digests in held for name in digests}
    return sorted(name for name in names
                  if len({digests[name] for digests in held if name in digests}) > 1)


def search(world, teller):
    teller.step("secrets")
    # The Maildirs hold what was delivered.
    found_secrets = world.canaries.find_in_files([world.folder], excluding=[world.mail.root])
    teller.insist(not found_secrets, "leaked", detail=found_secrets[:3])
    # The search itself must be able to find something: the delivered mails are not encrypted.
    delivered = world.canaries.find_in_files([world.mail.root])
    teller.insist(delivered, "search_is_blind")
    teller.say("not_leaked")


def show_log(world, teller):
    n3 = world.devices["n3"]
    rows = len(_sent_rows(n3))
    teller.insist(rows == len(world.sent) or _doubt_was_declared(n3), "not_in_log", count=rows,
                  total=len(world.sent))
    teller.step("log")
    print(flush=True)
    # The product writes to the reader's own terminal, whose width it then knows.
    status = n3.show("log", "list", "--all")
    if status != 0:
        raise LabError(teller.text("log_failed", detail=f"exit {status}"))
    print(flush=True)


def _doubt_was_declared(device):
    return any(row["event"] == "declared_sent" for row in device.attempts())
