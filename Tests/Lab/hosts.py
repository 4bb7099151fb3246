"""Hosts as network namespaces around a switch, with links, a firewall and captures.

Everything carries the lab's process id in its name, so that several labs do not meet, and what a
killed lab left behind can be told and removed. The machine's own network is not touched: even the
switch is in a namespace.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from commands import LabError, run
from processes import Process

PREFIX = "syncmail"
ADDRESSES = {"hub": 10, "mail": 20, "n1": 31, "n2": 32, "n3": 33}
NETWORK = "10.77.0"
NAMES = {"hub": "hub.lab.test", "mail": "mail.lab.test"}
# Files here replace those of /etc for programs in the namespace (see ip-netns(8)).
ETC = Path("/etc/netns")


def address(host):
    return f"{NETWORK}.{ADDRESSES[host]}"


def can_make_namespaces():
    """Tells whether this process may make network namespaces and work in them, by doing it.

    Making one is not enough: in a chroot or a container, entering it or its firewall may fail.
    """
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        return False
    name = f"{PREFIX}-{os.getpid()}-probe"
    attempts = (["ip", "netns", "add", name], ["ip", "-n", name, "link", "set", "lo", "up"],
                ["ip", "netns", "exec", name, "nft", "add", "table", "inet", "probe"])
    able = all(_succeeds(words) for words in attempts)
    _succeeds(["ip", "netns", "del", name])
    return able


def _succeeds(words):
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def remove_leftovers():
    """Removes the namespaces of labs whose process has ended."""
    for line in run(["ip", "netns", "list"]).splitlines():
        match = re.match(rf"({PREFIX}-(\d+)-\w+)", line)
        if match and not Path(f"/proc/{match[2]}").exists():
            _remove(match[1])


def _remove(namespace):
    if Path(f"/run/netns/{namespace}").exists():
        run(["ip", "netns", "del", namespace])
    shutil.rmtree(ETC / namespace, ignore_errors=True)


class Hosts:
    """The hosts of one lab."""

    description = "network namespaces, nftables and Postfix"
    # Each host can be kept from each port.
    has_firewall_per_host = True
    mail_host = NAMES["mail"]
    mail_routes = ((465, "implicit"), (587, "starttls"))
    hub_url = f"https://{NAMES['hub']}:443"
    hub_listen = "0.0.0.0:443"

    def __init__(self, authority_certificate):
        self._namespaces = []
        self._captures = []
        try:
            self._build(authority_certificate)
        except BaseException:
            # Half a network is removed, also when a signal came meanwhile.
            self.close()
            raise

    def namespace(self, host):
        return f"{PREFIX}-{os.getpid()}-{host}"

    def command(self, host, argv, uid=None):
        """The arguments that run a command on a host; the process id is the command's own."""
        words = ["ip", "netns", "exec", self.namespace(host)]
        if uid is not None:
            words += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        return words + [str(word) for word in argv]

    def hub_answers(self):
        """Tells whether something listens on the hub's port."""
        listening = subprocess.run(
            self.command("hub", ["ss", "-Hltn", "sport = :443"]), capture_output=True, check=False)
        return bool(listening.stdout.strip())

    def link_down(self, host):
        """Unplugs a host: it has no route to anywhere."""
        run(["ip", "-n", self.namespace(host), "link", "set", "eth0", "down"])

    def link_up(self, host):
        run(["ip", "-n", self.namespace(host), "link", "set", "eth0", "up"])

    def drop(self, host, port):
        """Drops what a host sends to a port of the mail server, silently."""
        self._nft("mail", f"add element inet lab blocked {{ {address(host)} . {port} }}")

    def open(self, host, port):
        self._nft("mail", f"delete element inet lab blocked {{ {address(host)} . {port} }}")

    def dropped_packets(self):
        """How many packets the firewall has dropped so far."""
        listing = run(["ip", "netns", "exec", self.namespace("mail"), "nft", "list", "table",
                       "inet", "lab"])
        return int(re.search(r"counter packets (\d+)", listing)[1])

    def capture(self, host, folder):
        """Records every packet on a host's link, until `stop_captures`."""
        path = Path(folder) / f"{host}.pcap"
        process = Process(
            f"tcpdump on {host}",
            self.command(host, ["tcpdump", "--immediate-mode", "-U", "-s", "0", "-n", "-Z", "root",
                                "-i", "eth0", "-w", path]),
            Path(folder) / f"{host}.tcpdump.log")
        self._captures.append(process)
        process.wait_ready(lambda: "listening on" in process.log())
        return path

    def stop_captures(self):
        for process in self._captures:
            process.stop()
        self._captures = []

    def close(self):
        """Removes everything; what fails does not keep the rest from being removed."""
        self.stop_captures()
        problems = []
        for namespace in reversed(self._namespaces):
            try:
                _remove(namespace)
            except LabError as error:
                problems.append(str(error))
        self._namespaces = []
        if ETC.exists() and not any(ETC.iterdir()):
            ETC.rmdir()
        if problems:
            raise LabError("; ".join(problems))

    def _build(self, authority_certificate):
        self._switch = self._add("switch")
        run(["ip", "-n", self._switch, "link", "add", "br0", "type", "bridge"])
        run(["ip", "-n", self._switch, "link", "set", "br0", "up"])
        for host in ADDRESSES:
            self._connect(host, authority_certificate)
        # A packet that is dropped here vanishes, exactly as behind a branch's firewall.
        self._nft("mail", "add table inet lab; add set inet lab blocked "
                  "{ type ipv4_addr . inet_service; }; add chain inet lab input "
                  "{ type filter hook input priority 0; }; "
                  "add rule inet lab input ip saddr . tcp dport @blocked counter drop")

    def _add(self, host):
        namespace = self.namespace(host)
        self._namespaces.append(namespace)
        run(["ip", "netns", "add", namespace])
        run(["ip", "-n", namespace, "link", "set", "lo", "up"])
        return namespace

    def _connect(self, host, authority_certificate):
        namespace = self._add(host)
        run(["ip", "-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", host,
             "netns", self._switch])
        run(["ip", "-n", self._switch, "link", "set", host, "master", "br0", "up"])
        run(["ip", "-n", namespace, "address", "add", f"{address(host)}/24", "dev", "eth0"])
        run(["ip", "-n", namespace, "link", "set", "eth0", "up"])
        etc = ETC / namespace
        etc.mkdir(parents=True)
        names = "".join(f"{address(key)} {name}\n" for key, name in NAMES.items())
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n{names}")
        # No name server: a look-up that /etc/hosts does not answer fails at once.
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        # The lab's authority is trusted as a company's would be: by the system.
        (etc / "ssl" / "certs").mkdir(parents=True)
        shutil.copy(authority_certificate, etc / "ssl" / "certs" / "ca-certificates.crt")
        shutil.copy("/etc/ssl/openssl.cnf", etc / "ssl" / "openssl.cnf")

    def _nft(self, host, commands):
        run(["ip", "netns", "exec", self.namespace(host), "nft", "-f", "-"],
            input_text=commands.replace("; add", "\nadd") + "\n")
