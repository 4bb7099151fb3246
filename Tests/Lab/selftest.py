"""Proves the lab itself: that its servers serve, its firewall drops, and its canaries sing."""

import base64
import json
import os
import quopri
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from email.charset import QP, Charset
from email.header import Header
from email.message import EmailMessage
from pathlib import Path

import hosts as hosts_module
from blackhole import Blackhole
from canary import Canaries, ProcessWatch
from certificates import Authority
from hosts import Hosts, address
from loopback import LoopbackHosts, LoopbackMailServer
from mailserver import MailServer
from waiting import wait_until

ACCOUNT = "juan@example.test"
CLIENT = "cliente@clientes.test"
CONNECT_SECONDS = 2


def run_self_test(folder, checks):
    """Runs every part once, without the product."""
    _canaries_without_network(folder, checks)
    _blackhole(checks)
    _loopback(folder, checks)
    if not hosts_module.can_make_namespaces():
        checks.note("no rights to make network namespaces here: only the parts above were proved")
        return
    authority = Authority(folder / "authority")
    certificate, key = authority.issue("mail", ["DNS:mail.lab.test"])
    network = Hosts(authority.certificate)
    server = MailServer(folder / "server", network, address("mail"), "mail.lab.test", certificate,
                        key)
    try:
        canaries = Canaries()
        password = canaries.plant("Clave-de-prueba-7351", "the password")
        server.start({ACCOUNT: password, "otra@example.test": "Otra-clave-9922"}, [CLIENT])
        _mail_arrives(network, server, password, folder, checks)
        _wrong_use_is_refused(network, password, checks)
        _ports_are_dropped(network, checks)
        _links_go_down(network, checks)
        _captures_are_searched(network, canaries, folder, checks)
        _gate_holds(network, server, password, checks)
    finally:
        server.stop()
        network.close()
    _nothing_remains(checks)


def client(arguments):
    """The part that runs inside a namespace: `lab.py --client ACTION …`."""
    action, *rest = arguments
    if action == "send":
        port, sender, identifier = rest
        return _send(int(port), sender, sys.stdin.readline().strip(), identifier)
    if action == "connect":
        started = time.monotonic()
        try:
            socket.create_connection((rest[0], int(rest[1])), CONNECT_SECONDS).close()
            print("open")
        except OSError as error:
            print(f"{type(error).__name__} {time.monotonic() - started:.1f}")
        return 0
    if action == "speak":
        with socket.create_connection((rest[0], int(rest[1])), CONNECT_SECONDS) as connection:
            connection.sendall(sys.stdin.buffer.read())
        return 0
    return 64


def _send(port, sender, password, identifier):
    message = EmailMessage()
    message["From"] = f"Juan Pérez <{sender}>"
    message["To"] = CLIENT
    message["Reply-To"] = "maria@example.test"
    message["Subject"] = "Cotización de año nuevo"
    message["Message-ID"] = identifier
    message.set_content("Señores: adjunto la cotización.\n")
    message.add_attachment(b"%PDF-1.4 prueba", maintype="application", subtype="pdf",
                           filename="cotización.pdf")
    try:
        _submit(port, sender, password, message)
    except smtplib.SMTPException as error:
        print(type(error).__name__)
        return 1
    print("sent")
    return 0


def _submit(port, sender, password, message):
    context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
    if port == 465:
        session = smtplib.SMTP_SSL("mail.lab.test", port, "lab.test", context=context,
                                   timeout=20)
    else:
        session = smtplib.SMTP("mail.lab.test", port, "lab.test", timeout=20)
        session.starttls(context=context)
    try:
        if password:
            session.login(sender, password)
        session.send_message(message)
    finally:
        session.close()


def _on(network, host, *arguments, text=""):
    """Runs the client part on a host and returns what it printed."""
    script = Path(__file__).with_name("lab.py")
    done = subprocess.run(
        network.command(host, [sys.executable, script, "--client", *arguments]), input=text,
        text=True, capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).strip()


def _mail_arrives(network, server, password, folder, checks):
    checks.heading("Self-test: the mail server")
    for port in ("465", "587"):
        said = _on(network, "n1", "send", port, ACCOUNT, f"<{port}@lab.test>", text=password)
        checks.expect(f"a mail with a password is accepted on {port}", said == "sent", said)
    maildirs = server.maildirs
    wait_until(lambda: maildirs.count() >= 2, 10)
    expected = {(f"<{port}@lab.test>", CLIENT): 1 for port in (465, 587)}
    checks.expect("each is in the Maildir once", dict(maildirs.copies()) == expected,
                  str(maildirs.copies()))
    if maildirs.mails():
        mail = maildirs.mails()[0]
        checks.expect(
            "its From, Reply-To, subject, text and attachment can be read",
            (mail.sender, mail.reply_to, mail.subject, mail.envelope_from) == (
                f"Juan Pérez <{ACCOUNT}>", "maria@example.test", "Cotización de año nuevo",
                ACCOUNT)
            and mail.text.startswith("Señores") and mail.attachments[0].name == "cotización.pdf"
            and mail.attachments[0].size == 15, str(mail))
    owners = {path.stat().st_uid for path in maildirs.folder.glob("**/new/*")}
    checks.expect("the Maildir belongs to nobody with rights", owners == {65534}, str(owners))
    checks.expect("no file of the server holds the password",
                  password.encode() not in b"".join(
                      path.read_bytes() for path in server.root.rglob("*") if path.is_file()))


def _wrong_use_is_refused(network, password, checks):
    said = _on(network, "n1", "send", "465", ACCOUNT, "<x@lab.test>", text="falsa-falsa")
    checks.expect("a wrong password is refused", said == "SMTPAuthenticationError", said)
    said = _on(network, "n1", "send", "587", ACCOUNT, "<x@lab.test>")
    checks.expect("a mail without a password is refused", said.startswith("SMTP"), said)
    said = _on(network, "n1", "send", "465", "otra@example.test", "<x@lab.test>", text=password)
    checks.expect("an account's password opens no other account",
                  said == "SMTPAuthenticationError", said)


def _connects(network, host, port):
    return _on(network, host, "connect", "mail.lab.test", str(port))


def _ports_are_dropped(network, checks):
    checks.heading("Self-test: the firewall")
    before = network.dropped_packets()
    network.drop("n1", 587)
    said = _connects(network, "n1", 587)
    waited = float(said.split()[-1]) if said != "open" else 0
    checks.expect("a dropped port answers nothing: the connection times out in silence",
                  said.startswith("TimeoutError") and waited >= CONNECT_SECONDS, said)
    checks.expect("the firewall counted what it dropped", network.dropped_packets() > before)
    checks.expect("another port of the same host is open", _connects(network, "n1", 465) == "open")
    checks.expect("the same port is open from another host",
                  _connects(network, "n2", 587) == "open")
    network.open("n1", 587)
    checks.expect("after opening, the port answers", _connects(network, "n1", 587) == "open")


def _links_go_down(network, checks):
    network.link_down("n2")
    said = _connects(network, "n2", 465)
    checks.expect("without a link nothing is reached", said.startswith("OSError"), said)
    checks.expect("the others keep theirs", _connects(network, "n3", 465) == "open")
    network.link_up("n2")
    said = wait_until(lambda: _connects(network, "n2", 465) == "open", 10)
    checks.expect("when the link is back, everything is reached again", said)


def _captures_are_searched(network, canaries, folder, checks):
    checks.heading("Self-test: captures and canaries")
    captures = folder / "captures"
    captures.mkdir()
    network.capture("n3", captures)
    secret = canaries.plant("Secreto-en-el-cable-4410", "the planted string")
    # An SMTP greeting in the clear is a place where a careless client would leave it.
    _on(network, "n3", "speak", "mail.lab.test", "587", text=f"EHLO {secret}\r\n")
    path = captures / "n3.pcap"
    wait_until(lambda: canaries.find_in(path.read_bytes()), 5)
    network.stop_captures()
    checks.expect("a planted string on the wire is found in the capture",
                  "the planted string as it is" in canaries.find_in(path.read_bytes()))
    checks.expect("the password that went through TLS is not",
                  not any("password" in name for name in canaries.find_in(path.read_bytes())))


def _gate_holds(network, server, password, checks):
    checks.heading("Self-test: between DATA and the reply")
    before = server.maildirs.count()
    server.gate.hold_after(0)
    script = Path(__file__).with_name("lab.py")
    sender = subprocess.Popen(
        network.command("n3", [sys.executable, script, "--client", "send", "465", ACCOUNT,
                               "<gate@lab.test>"]),
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    sender.stdin.write(password.encode() + b"\n")
    sender.stdin.close()
    checks.expect("the lab notices a mail whose body has arrived", server.gate.wait_for_held(20))
    checks.expect("its sender is still waiting for the reply", sender.poll() is None)
    sender.kill()
    sender.wait()
    held = server.gate.release()
    checks.expect("the mail of a sender that died there arrives all the same",
                  wait_until(lambda: server.maildirs.count() == before + 1, 10))
    checks.expect("the lab knows which mail it was",
                  [server.message_id(key) for key in held] == ["<gate@lab.test>"], str(held))


def _canaries_without_network(folder, checks):
    checks.heading("Self-test: canaries")
    canaries = Canaries()
    secret = canaries.plant("Ñandú-canario-8841", "the canary")
    for offset in range(3):
        data = base64.encodebytes(b"x" * offset + secret.encode() + b"more")
        checks.expect(f"base64 is seen through at alignment {offset}", canaries.find_in(data))
    long = base64.encodebytes(b"y" * 50 + secret.encode() + b"z" * 50)
    checks.expect("base64 is seen through across a line break", canaries.find_in(long))
    for name, data in {
            "UTF-16": secret.encode("utf-16-le"),
            "UTF-16 (big endian)": secret.encode("utf-16-be"),
            "hexadecimal": secret.encode().hex().encode(),
            "HEXADECIMAL": secret.encode().hex().upper().encode(),
            "quoted-printable": quopri.encodestring(f"{'x' * 66}{secret} y".encode()),
            "an encoded word": Header(f"Re: {secret}", _quoting()).encode().encode(),
            "JSON": json.dumps({"asunto": secret}).encode()}.items():
        checks.expect(f"{name} is seen through", canaries.find_in(data), repr(data))
    checks.expect("innocent bytes are let alone", not canaries.find_in(b"Nandu-canario-8841"))
    planted = [folder / "planted" / path for path in
               ("n1/replica.db-wal", "hub/hub.db", "n2.log", "captures/n3.pcap")]
    for path in planted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(5000) + secret.encode() + os.urandom(5000))
    found = canaries.find_in_files([folder / "planted"])
    checks.expect("one in a home, at the hub, in a log and in a capture is found by its path",
                  [path for path, _ in found] == sorted(map(str, planted)), str(found))
    for place, words, environment in (("environment", ["sleep", "30"], {"PLANTED": secret}),
                                      ("arguments", ["tail", "-f", "/dev/null", secret], {})):
        with ProcessWatch(canaries) as watch:
            child = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
            wait_until(watch.leaks, 20)
            child.kill()
            child.wait()
        checks.expect(f"a secret in a process's {place} is found", watch.leaks())


def _quoting():
    """The character set whose headers Python writes in quoted-printable."""
    charset = Charset("utf-8")
    charset.header_encoding = QP
    return charset


def _blackhole(checks):
    checks.heading("Self-test: the port that swallows connections")
    hole = Blackhole()
    started = time.monotonic()
    try:
        socket.create_connection(("127.0.0.1", hole.port), CONNECT_SECONDS).close()
        said = "open"
    except OSError as error:
        said = type(error).__name__
    waited = time.monotonic() - started
    checks.expect("a full backlog answers nothing", said == "TimeoutError"
                  and waited >= CONNECT_SECONDS, said)
    hole.close()


def _loopback(folder, checks):
    checks.heading("Self-test: the parts that need no root")
    authority = Authority(folder / "loopback-authority")
    network = LoopbackHosts()
    server = LoopbackMailServer(folder / "loopback", network.smtps_port,
                                *authority.issue("localhost", ["DNS:localhost"]))
    server.start({ACCOUNT: "Clave-9922"}, [CLIENT])
    context = ssl.create_default_context(cafile=str(authority.certificate))
    replies = []
    for password, sender in (("Clave-9922", ACCOUNT), ("falsa", ACCOUNT),
                             ("Clave-9922", "otra@example.test")):
        try:
            with smtplib.SMTP_SSL("localhost", network.smtps_port, context=context) as session:
                session.login(ACCOUNT, password)
                session.sendmail(sender, [CLIENT], "Message-ID: <l@lab.test>\r\n\r\nhola\r\n")
                replies.append("sent")
        except smtplib.SMTPException as error:
            replies.append(type(error).__name__)
    checks.expect("the mail server takes a mail with a password, and refuses other uses",
                  replies == ["sent", "SMTPAuthenticationError", "SMTPSenderRefused"], str(replies))
    checks.expect("the mail is in the Maildir once",
                  dict(server.maildirs.copies()) == {("<l@lab.test>", CLIENT): 1})
    server.stop()
    _forwarder(network, checks)
    network.close()


def _forwarder(network, checks):
    host, port = network.hub_listen.split(":")
    target = socket.create_server((host, int(port)))
    port = int(network.hub_url.rsplit(":", 1)[1])

    def passes():
        with socket.create_connection(("127.0.0.1", port), 2) as near:
            target.settimeout(0.5)
            try:
                far, _ = target.accept()
                with far:
                    near.sendall(b"ping")
                    return far.recv(4) == b"ping"
            except OSError:
                return False

    checks.expect("the forwarder forwards", passes())
    network.link_down("n1")
    checks.expect("when it is cut, nothing passes", not passes())
    network.link_up("n1")
    # What knocked while the link was cut waits in the target's queue, closed.
    checks.expect("when it is mended, everything passes again", wait_until(passes, 5))
    target.close()


def _nothing_remains(checks):
    checks.heading("Self-test: cleaning up")
    own = f"{hosts_module.PREFIX}-{os.getpid()}-"
    listing = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False)
    checks.expect("no namespace of the lab remains", own not in listing.stdout)
    checks.expect("no file of the lab remains in /etc",
                  not list(Path("/etc").glob(f"netns/{own}*")))
    checks.expect("no program of the lab remains", not _descendants())


def _descendants():
    """The processes that still hold the lab's folder in their arguments, apart from itself."""
    own = str(os.getpid())
    remaining = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if f"syncmail-lab-{own}" in arguments and path.parent.name != own:
            remaining.append(arguments)
    return remaining
