"""The subject: an organisation of one device with one account, its agent, and its queue."""

import os

from product import Device, Programs

SENDER = "ventas@example.test"
PASSWORD = "una-clave-de-prueba"


class OneServer:
    """What `product.Device` asks of a network: the commands run here, the server is local."""

    mail_host = "localhost"

    def __init__(self, port):
        self.mail_routes = ((port, "implicit"),)

    def command(self, _host, argv, _uid=None):
        return [str(word) for word in argv]


class Company:
    """A device that queues and sends for itself; its server may be away."""

    def __init__(self, build, root, port, authority):
        self.programs = Programs(build, authority, "en_US.UTF-8")
        root.mkdir(exist_ok=True)
        self.device = Device("bench", self.programs, OneServer(port), root)
        self.device.start_agent()
        self.device.init("Bench", "matriz")
        self._must(self.device.set("timing/connect", 2000))
        self._must(self.device.add_account("ventas", SENDER, "Ventas", PASSWORD))
        self._must(self.device.set_fallback("ventas"))
        self._must(self.device.add_user(
            "ana", "Ana", SENDER, "ventas", [("--bind", f"{os.getuid()}@bench")]))

    @property
    def environment(self):
        home = str(self.device.home)
        return {**self.programs.environment, "HOME": home, "SYNCMAIL_HOME": home}

    def send(self, recipient, subject):
        """The command that queues the text on its standard input."""
        return [str(self.programs.folder / "syncmail"), "send", "--to", recipient, "--subject",
                subject, "--body-file", "-"]

    def sendmail(self, recipient):
        """The command that queues the whole mail on its standard input."""
        return [str(self.programs.folder / "syncmail"), "sendmail", "-i", recipient]

    def states(self):
        """How many deliveries are in each state."""
        states = {}
        for delivery in self.device.outbox():
            states[delivery["state"]] = states.get(delivery["state"], 0) + 1
        return states

    def stop(self):
        self.device.stop()

    @staticmethod
    def _must(outcome):
        if outcome.status != 0:
            raise RuntimeError(f"setting up the company: {outcome}")
