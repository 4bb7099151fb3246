"""The company of the story: its hosts, its mail server, its hub and its three branch machines."""

import os
import secrets

import hosts as hosts_module
from canary import Canaries
from certificates import Authority
from commands import LabError
from hosts import Hosts, address
from loopback import LoopbackHosts, LoopbackMailServer
from mailserver import MailServer
from product import Device, HubServer, Programs
from waiting import wait_until

ORGANISATION = "Clima del Golfo"
JUAN, MARIA, DEFAULT = "juan@example.test", "maria@example.test", "default@example.test"
THIRD = "ventas@example.test"
CLIENTS = [f"cliente{number}@clientes.test" for number in range(1, 6)]
# Milliseconds. A company's defaults would make the story take an hour.
TIMINGS = {"lease": 15000, "drain": 2000, "margin": 2000, "doubt": 5000, "connect": 2000,
           "retry": 2000, "probe": 3000, "poll": 5000}
# N1 and N2 belong to one branch; N3, in another, made the organisation.
BRANCHES = {"n1": "centro", "n2": "centro", "n3": "matriz"}
CAPABILITIES = {"n1": ["sender"], "n2": ["sender", "admin"]}
# N1 serves two persons with logins of their own. No such users need to exist.
UIDS = {"juan": 52001, "maria": 52002}


class World:
    """Everything that one run of the story stands on."""

    def __init__(self, folder, build_dir, use_loopback, language="es_MX.UTF-8",
                 capabilities=None):
        self.folder = folder
        self.capabilities = capabilities or CAPABILITIES
        self.canaries = Canaries()
        # In every secret: what another lab on this machine shows is not this one's leak.
        self.mark = secrets.token_hex(4)
        self.authority = Authority(folder / "authority")
        self.passwords = {
            name: self.canaries.plant(f"Clave-{name.split('@')[0]}-ñ-{number}7351-{self.mark}",
                                      f"password of {name}")
            for number, name in enumerate((JUAN, DEFAULT, THIRD))}
        self.mail = self.hub = None
        # What was queued, by its Message-ID, and the Message-ID by the product's own name for it.
        self.sent, self.headers = {}, {}
        self.devices = {}
        self.pcaps = []
        programs = Programs(build_dir, self.authority.certificate, language)
        self.programs = programs
        if use_loopback:
            self.network = LoopbackHosts()
        else:
            hosts_module.remove_leftovers()
            self.network = Hosts(self.authority.certificate)

    def start(self):
        """Starts the mail server, and makes the hub's and the devices' homes."""
        certificate, key = self.authority.issue(
            "mail", ["DNS:mail.lab.test", "DNS:localhost", "IP:127.0.0.1"])
        if self.network.has_firewall_per_host:
            self.mail = MailServer(self.folder / "server", self.network, address("mail"),
                                   "mail.lab.test", certificate, key)
        else:
            self.mail = LoopbackMailServer(
                self.folder / "server", self.network.smtps_port, certificate, key)
        self.mail.start(self.passwords, CLIENTS + [MARIA])
        captures = self.folder / "captures"
        captures.mkdir()
        for host in ("n1", "n2", "n3", "hub"):
            self.pcaps.append(self.network.capture(host, captures))
        certificate, key = self.authority.issue(
            "hub", ["DNS:hub.lab.test", "DNS:localhost", "IP:127.0.0.1"])
        self.hub = HubServer(self.programs, self.network, self.folder, certificate, key)
        for name in BRANCHES:
            users = UIDS if name == "n1" and self.network.has_firewall_per_host else None
            self.devices[name] = Device(name, self.programs, self.network, self.folder, users)

    def found_company(self):
        """N3 makes the organisation, attaches the hub, and lets N1 and N2 in."""
        n3 = self.devices["n3"]
        token = _data(self.hub.init())["token"]
        self.hub.start()
        for device in self.devices.values():
            device.start_agent()
        n3.init(ORGANISATION, BRANCHES["n3"])
        _must(n3.attach(token))
        for name, value in TIMINGS.items():
            _must(n3.set(f"timing/{name}", value))
        for name, capabilities in self.capabilities.items():
            _must(self.devices[name].join(n3.invite(BRANCHES[name], capabilities)))
            _must(n3.approve(name))
        _must(n3.add_account("juan", JUAN, "Juan Pérez", self.passwords[JUAN]))
        _must(n3.add_account("avisos", DEFAULT, ORGANISATION, self.passwords[DEFAULT]))
        _must(n3.add_account("ventas", THIRD, "Ventas", self.passwords[THIRD]))
        _must(n3.set_fallback("avisos"))
        logins = self._logins()
        _must(n3.add_user("juan", "Juan Pérez", JUAN, "juan", logins["juan"]))
        _must(n3.add_user("maria", "María López", MARIA, None, logins["maria"]))
        for device in (*self.devices.values(), *self.devices.values()):
            _must(device.sync())

    def _logins(self):
        """Who may send as whom on N1: each with a login of his own, or one for both."""
        if self.devices["n1"].users:
            return {user: [("--bind", f"{uid}@n1")] for user, uid in UIDS.items()}
        login = f"{os.getuid()}@n1"
        return {"juan": [("--bind", login)], "maria": [("--delegate", login)]}

    def note_sent(self, answer, user, recipient, subject):
        """Remembers a mail that `send` took."""
        self.sent[answer["message_id"]] = (user, recipient, subject)
        self.headers[answer["id"]] = answer["message_id"]

    def settled(self, count, seconds):
        """Waits until the Maildirs hold a number of mails."""
        return wait_until(lambda: self.mail.maildirs.count() >= count, seconds)

    def close(self):
        """Stops and removes everything, whatever state it is in."""
        for device in self.devices.values():
            device.stop()
        for part in (self.hub, self.mail):
            if part:
                part.stop()
        self.network.close()


def make_pdf(folder, name, size):
    """A file of random bytes that begins as a PDF does."""
    path = folder / name
    with open("/dev/urandom", "rb") as source:
        path.write_bytes(b"%PDF-1.4\n" + source.read(size - 9))
    return path


def _must(outcome):
    if outcome.status != 0:
        raise LabError(f"setting up the company: {outcome}")
    return outcome


def _data(outcome):
    if _must(outcome).data is None:
        raise LabError(f"no JSON in the answer: {outcome.output[:200]}")
    return outcome.data
