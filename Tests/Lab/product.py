"""The product as people type it: the only place that knows the words of its command line."""

import json
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from commands import LabError
from processes import Process
from stopwatch import Stopwatch, wait_for_end
from waiting import wait_until

COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What a command answered, and the seconds it took by itself (see `stopwatch`)."""

    status: int
    output: str
    error: str
    seconds: float

    @property
    def data(self):
        """The JSON it printed; None when it printed something else."""
        try:
            return json.loads(self.output)
        except json.JSONDecodeError:
            return None

    def __str__(self):
        return f"exit {self.status}: {(self.error or self.output).strip()[:400]}"


class Programs:
    """Where the three programs are, and the environment they run in."""

    def __init__(self, build_dir, authority_certificate, language):
        self.folder = Path(build_dir).resolve()
        self.are_optimised = self.folder.name == "release"
        self.authority = authority_certificate
        for name in ("syncmail", "syncmail-agent", "syncmail-server"):
            if not (self.folder / name).exists():
                raise LabError(f"{self.folder / name} is missing; 'swift build' makes it")
        # Only what a login gives: nothing of the caller's settings reaches the product.
        self.environment = {
            "PATH": f"{self.folder}:/usr/bin:/bin", "LANG": language,
            "SWIFT_BACKTRACE": "enable=no"}

    def run(self, network, host, argv, home, text=None, uid=None, helper=None):
        """Runs one command to its end, as the lab's own user or as another one.

        `helper` is the process whose work is part of the command's, for its time.
        """
        environment = {**self.environment, "HOME": str(home), "SYNCMAIL_HOME": str(home)}
        watch = Stopwatch(helper)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error, \
                subprocess.Popen(
                    network.command(host, [self.folder / argv[0], *argv[1:]], uid),
                    stdin=subprocess.PIPE, stdout=output, stderr=error, env=environment) as child:
            try:
                with child.stdin:
                    child.stdin.write((text or "").encode())
            except BrokenPipeError:
                pass  # It did not want to know.
            if not wait_for_end(child, COMMAND_SECONDS):
                child.kill()
                return Outcome(-1, "", f"no answer within {COMMAND_SECONDS} s", COMMAND_SECONDS)
            seconds = watch.stop(child)
            status = child.wait()
            return Outcome(status, _text(output), _text(error), seconds)

    def show(self, network, host, argv, home):
        """Runs one command that writes to the reader's own terminal; returns its status."""
        environment = {**self.environment, "HOME": str(home), "SYNCMAIL_HOME": str(home)}
        return subprocess.run(
            network.command(host, [self.folder / argv[0], *argv[1:]]), env=environment,
            stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, check=False).returncode

    def hang(self, network, host, argv, home, seconds, uid=None):
        """Runs a command that waits for its standard input, and ends it after a while."""
        environment = {**self.environment, "HOME": str(home), "SYNCMAIL_HOME": str(home)}
        with subprocess.Popen(
                network.command(host, [self.folder / argv[0], *argv[1:]], uid), env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as child:
            wait_until(lambda: _name_of(child.pid) == argv[0], COMMAND_SECONDS)
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()

    def start(self, network, host, argv, home, log):
        """Starts one of the programs that stay."""
        environment = {**self.environment, "HOME": str(home), "SYNCMAIL_HOME": str(home)}
        words = network.command(host, [self.folder / argv[0], *argv[1:]])
        return Process(f"{argv[0]} on {host}", words, log, environment)


class HubServer:
    """`syncmail-server` on its host."""

    def __init__(self, programs, network, folder, certificate, key):
        self.home = Path(folder) / "hub"
        self.home.mkdir(mode=0o700)
        self.log_path = Path(folder) / "hub.log"
        self._programs = programs
        self._network = network
        self._tls = ["--tls-cert", certificate, "--tls-key", key]
        self._process = None

    def init(self):
        """Makes the hub's keys; its JSON holds `token`."""
        return self._programs.run(
            self._network, "hub",
            ["syncmail-server", "init", "--home", self.home, "--url", self._network.hub_url,
             "--json"], self.home)

    def start(self):
        self._process = self._programs.start(
            self._network, "hub",
            ["syncmail-server", "run", "--home", self.home, "--listen", self._network.hub_listen,
             *self._tls], self.home, self.log_path)
        self._process.wait_ready(self._network.hub_answers)

    def stop(self):
        if self._process:
            self._process.stop()
            self._process = None

    def digests(self):
        """State digests by "topic/scope", from the store of the stopped hub."""
        outcome = self._programs.run(
            self._network, "hub", ["syncmail-server", "verify", "--home", self.home, "--json"],
            self.home)
        if outcome.status != 0 or outcome.data is None:
            raise LabError(f"'syncmail-server verify': {outcome}")
        return outcome.data["digests"]


class Device:
    """One replica: its home, its agent, and the commands typed on it."""

    def __init__(self, name, programs, network, folder, users=None):
        """Users are uids by name, if the machine serves several; it is then a system home."""
        self.name = name
        self.users = users or {}
        self.home = Path(folder) / name
        # Users of a system home must reach its socket, and see nothing else.
        self.home.mkdir(mode=0o711 if users else 0o700)
        self.log_path = Path(folder) / f"{name}.log"
        self.agent = None
        self._programs = programs
        self._network = network

    def run(self, *words, text=None, uid=None):
        """`syncmail WORDS…` on this device."""
        return self._programs.run(
            self._network, self.name, ["syncmail", *map(str, words)], self.home, text, uid,
            self.agent.pid if self.agent else None)

    def show(self, *words):
        """As `run`, but what it writes goes to the reader's own terminal."""
        return self._programs.show(
            self._network, self.name, ["syncmail", *map(str, words)], self.home)

    def ask(self, *words):
        """A command with `--json` that must succeed; returns what it answered."""
        outcome = self.run(*words, "--json")
        if outcome.status != 0 or outcome.data is None:
            raise LabError(f"'syncmail {' '.join(map(str, words))}' on {self.name}: {outcome}")
        return outcome.data

    def start_agent(self):
        self.agent = self._programs.start(
            self._network, self.name,
            ["syncmail-agent", "--home", self.home, *(["--system"] if self.users else [])],
            self.home, self.log_path)
        self.agent.wait_ready(self._answers)

    def _answers(self):
        """Whether an engine listens; one that was killed leaves its socket's name behind."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.home / "socket")) == 0

    def kill_agent(self):
        self.agent.kill()

    def stop(self):
        if self.agent and self.agent.is_running():
            self.agent.stop()

    # Setting up

    def init(self, organisation, branch):
        return self.ask("init", "--org", organisation, "--branch", branch, "--name", self.name)

    def attach(self, token):
        return self.run("hub", "attach", token, "--ca-file", self._programs.authority)

    def invite(self, branch, capabilities):
        words = [word for capability in capabilities for word in ("--capability", capability)]
        return self.ask("device", "invite", "--branch", branch, *words)["token"]

    def join(self, token):
        return self.run("join", token, "--name", self.name, "--ca-file", self._programs.authority)

    def approve(self, device):
        return self.run("device", "approve", device)

    def add_user(self, user, name, address, account, bindings):
        """A person; bindings are pairs of an option and a login, as `("--bind", "2001@n1")`."""
        words = ["user", "add", user, "--name", name, "--email", address]
        if account:
            words += ["--account", account]
        return self.run(*words, *(word for pair in bindings for word in pair))

    def add_account(self, identifier, address, name, password):
        """An account at the lab's server; the password goes through standard input.

        The route that the story blocks comes first: mail has to find its way around it.
        """
        words = ["account", "add", identifier, "--address", address, "--name", name,
                 "--host", self._network.mail_host, "--login", address,
                 "--ca-file", self._programs.authority]
        for port, mode in reversed(self._network.mail_routes):
            words += ["--route", f"{port}/{mode}"]
        return self.run(*words, "--password-stdin", text=password + "\n")

    def set_fallback(self, *accounts):
        return self.run("fallback", "set", *accounts)

    def set(self, path, value):
        return self.run("config", "set", path, value)

    # Daily work

    def send(self, user, recipient, subject, body, attachments=()):
        """Queues a mail whose body comes from standard input; answers `id`, `message_id`."""
        words = ["send", "--as", user, "--to", recipient, "--subject", subject,
                 "--body-file", "-", "--json"]
        for path in attachments:
            words += ["--attach", path]
        return self.run(*words, text=body, uid=self.users.get(user))

    def hang_in_send(self, user, subject, seconds):
        """A `send` whose text never comes: nothing is queued."""
        self._programs.hang(
            self._network, self.name,
            ["syncmail", "send", "--as", user, "--to", "nobody@clientes.test", "--subject",
             subject, "--body-file", "-"], self.home, seconds, self.users.get(user))

    def sync(self):
        return self.run("sync")

    def status(self):
        return self.ask("status")

    def outbox(self):
        """Every delivery: `id` of its mail, `recipient`, `state`."""
        return self.ask("outbox", "list", "--all")["deliveries"]

    def attempts(self):
        """The merged log of mails, as rows of `log_envio_correo`."""
        return self.ask("log", "list", "--kind", "mail", "--all")["attempts"]

    def routes(self):
        """What the merged log says about ways to mail servers."""
        return self.ask("log", "list", "--kind", "route", "--all")["records"]

    def every_line(self):
        """The merged log with the steps that every attempt passes through."""
        outcome = self.run("log", "export", "--format", "jsonl")
        if outcome.status != 0:
            raise LabError(f"'syncmail log export' on {self.name}: {outcome}")
        return [json.loads(line) for line in outcome.output.splitlines()]

    def conflicts(self):
        """Fields with several values, as `config conflicts` lists them."""
        return self.ask("config", "conflicts")

    def resolve(self, path, value):
        return self.run("config", "resolve", path, "--value", value)

    def history(self, path):
        """Every write to a field, oldest first."""
        return self.ask("config", "history", path)

    def value(self, path):
        return self.ask("config", "get", path)["value"]

    def digests(self):
        """State digests by "topic/scope"; only what this device holds."""
        return self.status()["digests"]

    def hub_digests(self):
        """What the hub last said it holds, of what this device may receive."""
        return self.status()["hub_digests"]

    def decide(self, mail, *words):
        """`outbox resolve` of a mail in doubt, as `--sent` or `--resend`."""
        return self.run("outbox", "resolve", mail, *words)

    def verify_log(self, home=None):
        words = ["--home", home] if home else []
        return self.run("log", "verify", "--json", *words)


def _text(file):
    """What a program wrote into a file."""
    file.seek(0)
    return file.read().decode(errors="replace")


def _name_of(pid):
    """The name of the program that a process runs now."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
