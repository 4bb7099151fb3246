"""The lab without root: one machine, loopback, a mail server in Python.

A dropped port is a listener with a full backlog; it is dropped for everybody. A link is a
forwarder that can be closed: there is one to the hub and one to the mail server.
"""

import asyncio
import email
import logging
import mailbox
import shutil
import socket
import ssl
import warnings
from pathlib import Path

from blackhole import Blackhole
from commands import LabError
from forwarder import Forwarder
from gate import Gate
from maildir import Maildirs

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, SMTP
except ImportError:
    Controller = SMTP = AuthResult = None

LOOPBACK = "127.0.0.1"


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


class LoopbackHosts:
    """The same doors as `hosts.Hosts`, as far as one machine without root can open them."""

    description = "loopback, a full backlog for the dropped port, and aiosmtpd"
    has_firewall_per_host = False
    mail_host = "localhost"

    def __init__(self):
        self._hub_port = free_port()
        self._blackhole = Blackhole()
        self.smtps_port = free_port()
        self._mail_forwarder = Forwarder(self.smtps_port)
        self.mail_routes = ((self._mail_forwarder.port, "implicit"),
                            (self._blackhole.port, "starttls"))
        self.hub_listen = f"{LOOPBACK}:{self._hub_port}"
        self._forwarder = Forwarder(self._hub_port)
        self.hub_url = f"https://localhost:{self._forwarder.port}"

    def command(self, _host, argv, uid=None):
        if uid is not None:
            raise LabError("without root a command cannot run as another user")
        return [str(word) for word in argv]

    def hub_answers(self):
        try:
            socket.create_connection((LOOPBACK, self._hub_port), 1).close()
        except OSError:
            return False
        return True

    def link_down(self, _host):
        """Cuts everybody's way to the hub and the mail server: on one machine there is one."""
        self._forwarder.cut()
        self._mail_forwarder.cut()

    def link_up(self, _host):
        self._forwarder.mend()
        self._mail_forwarder.mend()

    def drop(self, _host, _port):
        """Nothing to do: 587's part is played by a port that is always dropped."""

    def open(self, _host, _port):
        """Nothing to do, as for `drop`."""

    def capture(self, _host, _folder):
        """Captures need root; the search of files and processes remains."""

    def stop_captures(self):
        """No capture runs."""

    def close(self):
        self._forwarder.close()
        self._mail_forwarder.close()
        self._blackhole.close()


class LoopbackMailServer:
    """aiosmtpd with implicit TLS and AUTH, delivering into Maildirs."""

    def __init__(self, root, port, certificate, key):
        if Controller is None:
            raise LabError("python3-aiosmtpd is not installed; scripts/setup installs it")
        self.root = Path(root)
        self.maildirs = Maildirs(self.root / "mail")
        self.gate = Gate()
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._controller = None

    def start(self, accounts, recipients):
        (self.root / "mail").mkdir(parents=True)
        handler = _Handler(self.root / "mail", set(recipients) | set(accounts), self.gate)
        passwords = {name.encode(): word.encode() for name, word in accounts.items()}

        def authenticate(_server, _session, _envelope, _mechanism, login):
            known = passwords.get(login.login) == login.password
            # Not handled: aiosmtpd itself is to answer 535.
            return AuthResult(success=known, handled=False, auth_data=login.login.decode())

        # The connection is TLS from its first byte, which aiosmtpd does not see.
        warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
        logging.getLogger("mail.log").setLevel(logging.ERROR)

        class ImplicitTLS(Controller):
            def factory(self):
                return SMTP(self.handler, authenticator=authenticate, auth_required=True,
                            auth_require_tls=False, data_size_limit=40 * 1024 * 1024,
                            enable_SMTPUTF8=True, hostname="mail.lab.test")

        self._controller = ImplicitTLS(
            handler, hostname=LOOPBACK, port=self._port, ssl_context=self._context)
        self._controller.start()

    def message_id(self, key):
        """The Message-ID of a mail that the gate held."""
        return key

    def stop(self):
        if self._controller:
            self.gate.release()
            self._controller.stop()
            self._controller = None
        shutil.rmtree(self.root / "mail", ignore_errors=True)


class _Handler:
    """Checks sender and recipients, and stores one copy for each recipient."""

    def __init__(self, folder, known, gate):
        self._folder = folder
        self._known = known
        self._gate = gate

    async def handle_MAIL(self, _server, session, envelope, address, options):
        if session.auth_data != address:
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, _server, _session, envelope, address, options):
        if address not in self._known:
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.original_content)
        await asyncio.to_thread(self._gate.pass_through, str(message["Message-ID"]).strip())
        for recipient in envelope.rcpt_tos:
            local, domain = recipient.split("@")
            path = self._folder / domain / local
            path.parent.mkdir(exist_ok=True)
            head = f"Return-Path: <{envelope.mail_from}>\r\nX-Original-To: {recipient}\r\n"
            mailbox.Maildir(path, create=True).add(head.encode() + envelope.original_content)
        return "250 2.0.0 Ok: stored"
