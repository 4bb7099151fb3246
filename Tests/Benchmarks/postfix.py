"""Postfix as a peer: an instance of its own with Debian's defaults, on the disk of the subject.

It relays everything through one server over implicit TLS whose certificate it verifies, and
signs in, as the subject does. Nothing of /etc/postfix or /var is read or written.
"""

import subprocess

from mailserver import SMTPD, make_postfix_folders
from processes import Process
from waiting import wait_until

SETTLE_SECONDS = 120
MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
meta_directory = {root}/etc
command_directory = /usr/sbin
daemon_directory = {smtpd}
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
myhostname = bench.example.test
mydestination =
mynetworks =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
smtp_host_lookup = native
relayhost = [localhost]:{port}
smtp_tls_wrappermode = yes
smtp_tls_security_level = secure
smtp_tls_CAfile = {authority}
smtp_tls_session_cache_database = btree:{root}/data/smtp_scache
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{root}/etc/passwords
smtp_sasl_security_options = noanonymous
"""
MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A queue, and what sends from it when it may."""

    def __init__(self, root, port, authority, login=("user", "password"), settings=""):
        self.root = root
        self.etc = root / "etc"
        self.process = None
        make_postfix_folders(root)
        (self.etc / "main.cf").write_text(MAIN.format(
            root=root, smtpd=SMTPD, port=port, authority=authority) + settings)
        (self.etc / "master.cf").write_text(MASTER)
        (self.etc / "passwords").write_text(f"[localhost]:{port} {login[0]}:{login[1]}\n")
        (self.etc / "passwords").chmod(0o600)

    def sendmail(self, recipient, sender):
        """The command that queues the mail on its standard input."""
        return ["/usr/sbin/sendmail", "-C", str(self.etc), "-i", "-f", sender, recipient]

    def start(self):
        self.process = Process("postfix", [f"{SMTPD}/master", "-c", self.etc, "-d"],
                               self.root / "postfix.out",
                               {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        count = self.log().count("daemon started")
        self.process.wait_ready(lambda: self.log().count("daemon started") > count)

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def hold_back(self, is_held):
        """Lets nothing leave, or everything; takes effect at the next start."""
        subprocess.run(["/usr/sbin/postconf", "-c", self.etc, "-e",
                        f"defer_transports = {'smtp' if is_held else ''}"], check=True)

    def settle(self, count):
        """Waits until so many mails are deferred and nothing else is queued."""
        def is_settled():
            return self._queued("deferred") == count and not any(
                self._queued(name) for name in ("maildrop", "incoming", "active"))
        if not wait_until(is_settled, SETTLE_SECONDS):
            raise RuntimeError(f"Postfix did not queue {count} mails; see {self.root}/mail.log")

    def flush(self):
        subprocess.run(["/usr/sbin/postqueue", "-c", self.etc, "-f"], check=True)

    def attempts(self):
        """How many attempts at a delivery the log tells of that reached a server."""
        return sum(1 for line in self.log().splitlines()
                   if " status=" in line and "relay=localhost" in line)

    def log(self):
        path = self.root / "mail.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _queued(self, name):
        # Queue files lie in folders of one letter, or directly in the queue.
        return sum(1 for path in (self.root / "spool" / name).rglob("*") if path.is_file())
