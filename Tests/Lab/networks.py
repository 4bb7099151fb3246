#!/usr/bin/python3
"""The networks that branches really have: a device reaches its hub through each of them.

    Tests/Lab/networks.py [--build-dir .build/debug] [--keep]

A hub and an administrator stand in one network; a branch has no way to the hub but a proxy:
tinyproxy with a password, one that keeps replies back, one that cuts what is silent, one that opens
TLS with a certificate of its own; and a line with 100 ms and 2 % loss. Through each, what is
written on either side must arrive at the other. What the interceptor saw must hold no secret.
Times are scaled: polls begin at 2 s instead of 25 s.

Exit: 0 all held · 1 something did not · 77 no network namespaces could be made (root, ip, nft).
"""

import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import frame
import hosts as hosts_module
from canary import Canaries, ProcessWatch
from certificates import Authority
from commands import LabError, run
from hosts import Hosts, address, can_make_namespaces
from processes import Process
from product import Device, HubServer, Programs
from waiting import wait_until

ARRIVAL_SECONDS = 60
LEARNING_SECONDS = 90
POLL_MILLISECONDS = 2000
PROXY_HOST = "mail.lab.test"


class Networks:
    """A hub, an administrator (n3), and branches (n1, n2) that reach it by proxies alone."""

    def __init__(self, folder, build_dir, checks):
        self.folder = folder
        self.checks = checks
        self.canaries = Canaries()
        self.mark = secrets.token_hex(4)
        self.authority = Authority(folder / "authority")
        programs = Programs(build_dir, self.authority.certificate, "en_US.UTF-8")
        hosts_module.remove_leftovers()
        self.network = Hosts(self.authority.certificate)
        self.parts, self.devices, self.number = [], {}, 0
        certificate, key = self.authority.issue("hub", ["DNS:hub.lab.test"])
        self.hub = HubServer(programs, self.network, folder, certificate, key)
        for name in ("n1", "n2", "n3"):
            self.devices[name] = Device(name, programs, self.network, folder)

    def found(self):
        token = must(self.hub.init()).data["token"]
        self.hub.start()
        for device in self.devices.values():
            device.start_agent()
        n3 = self.devices["n3"]
        n3.init("Clima del Golfo", "matriz")
        must(n3.attach(token))
        must(n3.set("timing/poll", POLL_MILLISECONDS))
        # The branches have no way to the hub; the proxy's host has.
        rules = "".join(
            f"add rule inet lab input ip saddr {address(host)} tcp dport 443 counter drop\n"
            for host in ("n1", "n2"))
        self.nft("hub", "add table inet lab\nadd chain inet lab input "
                 "{ type filter hook input priority 0; }\n" + rules)

    def nft(self, host, commands):
        run(["ip", "netns", "exec", self.network.namespace(host), "nft", "-f", "-"],
            input_text=commands)

    def proxy(self, port, *words):
        """Starts a proxy with one habit on the proxy's host."""
        script = Path(__file__).resolve().parent / "proxies.py"
        log = self.folder / f"proxy-{port}.log"
        process = Process(
            f"proxy {words[0]}",
            self.network.command("mail", [sys.executable, "-u", script, port, *words]), log)
        self.parts.append(process)
        process.wait_ready(lambda: "ready" in process.log())
        return f"http://{PROXY_HOST}:{port}"

    def tinyproxy(self, port, user, password):
        """Starts Debian's tinyproxy, which wants a user and a password."""
        configuration = self.folder / "tinyproxy.conf"
        configuration.write_text(
            f"Port {port}\nListen 0.0.0.0\nTimeout 600\nMaxClients 50\nAllow 0.0.0.0/0\n"
            f"ConnectPort 443\nBasicAuth {user} {password}\nLogLevel Error\n"
            f"LogFile \"{self.folder}/tinyproxy.log\"\n")
        process = Process(
            "tinyproxy", self.network.command("mail", ["tinyproxy", "-d", "-c", configuration]),
            self.folder / "tinyproxy.out")
        self.parts.append(process)
        process.wait_ready(lambda: subprocess.run(
            self.network.command("mail", ["ss", "-Hltn", f"sport = :{port}"]),
            capture_output=True, check=False).stdout.strip())
        return f"http://{PROXY_HOST}:{port}"

    def converge(self, what, branch="n1"):
        """What either side writes arrives at the other."""
        for writer, reader in (("n3", branch), (branch, "n3")):
            self.number += 1
            value = f"valor {self.number} {self.mark}"
            outcome = self.devices[writer].set("user/juan/name", value)
            self.checks.expect(
                f"{what}: what {writer} writes arrives at {reader}",
                outcome.status == 0 and wait_until(
                    lambda: value in self.devices[reader].run(
                        "config", "get", "user/juan/name").output, ARRIVAL_SECONDS),
                str(outcome) + str(self.devices[branch].run("status")))

    def poll(self, branch="n1"):
        return self.devices[branch].ask("status").get("poll") or {}

    def close(self):
        for device in self.devices.values():
            device.stop()
        for part in [self.hub, *self.parts]:
            part.stop()
        self.network.close()


def must(outcome):
    if outcome.status != 0:
        raise LabError(str(outcome))
    return outcome


def password_proxy(lab):
    lab.checks.heading("A proxy with a password (tinyproxy)")
    if not shutil.which("tinyproxy"):
        raise LabError("tinyproxy is missing; 'scripts/setup lab' installs it")
    password = lab.canaries.plant(f"Clave-proxy-{lab.mark}", "password of the proxy")
    lab.password = password
    url = lab.tinyproxy(8888, "sucursal", password)
    n1, n3 = lab.devices["n1"], lab.devices["n3"]
    token = n3.invite("centro", ["admin", "sender"])
    join = ["join", token, "--name", "n1", "--ca-file", lab.authority.certificate, "--proxy", url,
            "--proxy-user", "sucursal", "--proxy-password-file", "-"]
    wrong = n1.run(*join, text="no es esta\n")
    lab.checks.expect("a wrong password is told from a network that is down",
                      wrong.status == 69 and "proxy did not let" in wrong.error, str(wrong))
    right = n1.run(*join, text=password + "\n")
    lab.checks.require("the branch joins through it", right.status == 0, str(right))
    must(n3.approve("n1"))
    lab.converge("the proxy with a password")
    inside = n1.run("proxy", "set", "http://a:hunter2@proxy.test:1")
    lab.checks.expect("a password in an address is refused, and not repeated",
                      inside.status == 64 and "hunter2" not in inside.error, str(inside))
    shown = n1.ask("proxy", "show")
    lab.checks.expect("the proxy is shown without its password",
                      shown["url"] == url and shown["password_set"]
                      and password not in str(shown), str(shown))


def cutting_proxy(lab):
    lab.checks.heading("A proxy that cuts what is silent for 6 s (60 s scaled)")
    must(lab.devices["n1"].run("proxy", "set", lab.proxy(8891, "cut", "6")))
    lab.converge("the proxy that cuts")
    learned = wait_until(
        lambda: lab.poll().get("held") and 2000 < lab.poll()["hold_ms"] < 6000, LEARNING_SECONDS)
    lab.checks.expect("polls are held as long as it allows, and no longer", learned,
                      str(lab.poll()))
    lab.converge("the proxy that cuts, once it is known")


def buffering_proxy(lab):
    lab.checks.heading("A proxy that keeps back what comes after silence, for 8 s")
    must(lab.devices["n1"].run("proxy", "set", lab.proxy(8892, "buffer", "8")))
    learned = wait_until(lambda: lab.poll().get("held") is False, LEARNING_SECONDS)
    lab.checks.expect("the device finds out, and asks without waiting", learned, str(lab.poll()))
    lab.converge("the proxy that keeps back")


def bad_line(lab):
    lab.checks.heading("A line with 100 ms and 2 % loss, behind the same kind of proxy")
    must(lab.devices["n1"].run("proxy", "set", lab.proxy(8894, "cut", "600")))
    words = ["tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", "100ms", "loss", "2%"]
    namespace = lab.network.namespace("n1")
    added = subprocess.run(["ip", "netns", "exec", namespace, *words], capture_output=True,
                           text=True, check=False)
    if added.returncode != 0:
        lab.checks.note(f"this kernel has no netem ({added.stderr.strip()}): a proxy is slow "
                        "in its place")
        must(lab.devices["n1"].run("proxy", "set", lab.proxy(8895, "slow", "0.1")))
    for _ in range(3):
        lab.converge("the bad line")
    if added.returncode == 0:
        run(["ip", "netns", "exec", namespace, "tc", "qdisc", "del", "dev", "eth0", "root"])


def intercepting_proxy(lab):
    lab.checks.heading("A proxy that opens TLS with an authority of its own")
    own = Authority(lab.folder / "interceptor")
    certificate, key = own.issue("hub", ["DNS:hub.lab.test"])
    seen = lab.folder / "intercepted"
    url = lab.proxy(8893, "intercept", certificate, key, lab.authority.certificate, seen)
    n2, n3 = lab.devices["n2"], lab.devices["n3"]
    token = n3.invite("norte", ["admin", "sender"])
    join = ["join", token, "--name", "n2", "--proxy", url]
    refused = n2.run(*join)
    lab.checks.expect("without its authority it is refused, and named",
                      refused.status == 69 and "syncmail lab authority" in refused.error,
                      str(refused))
    joined = n2.run(*join, "--ca-file", own.certificate)
    lab.checks.require("with it the branch joins", joined.status == 0, str(joined))
    must(n3.approve("n2"))
    secret = lab.canaries.plant(f"Clave-SMTP-{lab.mark}", "password of an account")
    plain = lab.canaries.plant(f"Nombre secreto {lab.mark}", "configuration")
    must(n3.add_account("ventas", "ventas@example.test", plain, secret))
    lab.converge("the interceptor", "n2")
    arrived = wait_until(lambda: plain in n2.run("account", "list", "--json").output,
                         ARRIVAL_SECONDS)
    lab.checks.expect("the account arrives through it", arrived)
    captured = seen.read_bytes()
    lab.checks.expect("it saw requests in the clear of TLS", captured.count(b"POST /v1/sync") > 5)
    found = lab.canaries.find_in(captured)
    lab.checks.expect("and nothing of what they said", not found, str(found))
    lab.checks.expect("not even who writes, or what is called how",
                      b"n2" not in captured.replace(b"hub.lab.test", b"")
                      or b"Clima del Golfo" not in captured)


def at_rest(lab):
    lab.checks.heading("Where the password of the proxy is")
    for device in lab.devices.values():
        device.stop()
    found = [each for each in lab.canaries.find_in_files([lab.folder])
             if "tinyproxy.conf" not in each[0]]
    lab.checks.expect("it is in no file or log in the clear", not found, str(found[:5]))
    leaked = lab.watch.leaks()
    # The name of an account is no secret where it is typed.
    leaked = [each for each in leaked if "password" in str(each)]
    lab.checks.expect("and no process had it in its arguments", not leaked, str(leaked))


PARTS = (password_proxy, cutting_proxy, buffering_proxy, bad_line, intercepting_proxy, at_rest)


def run_parts(folder, checks, options):
    lab = Networks(folder, options.build_dir, checks)
    try:
        with ProcessWatch(lab.canaries) as lab.watch:
            checks.heading("A hub, an administrator, and branches without a way to the hub")
            lab.found()
            checks.expect("they are set up", True)
            for part in PARTS:
                part(lab)
    finally:
        lab.close()


def main():
    options = frame.parser("Networks that branches have.").parse_args()
    if not can_make_namespaces():
        print("networks: network namespaces cannot be made here: they need root, ip and nft")
        return 77
    return frame.run(
        "networks", options, lambda folder, checks: run_parts(folder, checks, options))


if __name__ == "__main__":
    sys.exit(main())
