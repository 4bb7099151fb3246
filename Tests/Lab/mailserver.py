"""A real mail server: Debian's Postfix and Dovecot's authentication, with files of its own.

It listens on 465 (implicit TLS) and 587 (STARTTLS required) of its host, wants a password before
anything else, lets an account send only as itself, and delivers into Maildirs. Nothing of
/etc/postfix, /etc/dovecot or /var is read or written.
"""

import base64
import grp
import hashlib
import os
import pwd
import re
from pathlib import Path

from commands import LabError
from delay import DeliveryGate
from maildir import Maildirs
from processes import Process
from waiting import wait_until

SMTPD = "/usr/lib/postfix/sbin"
MESSAGE_BYTES_MAXIMUM = 40 * 1024 * 1024
QUEUES = ("active bounce corrupt defer deferred flush hold incoming pid private saved trace")
NOBODY = 65534
LOG_SECONDS = 20

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
myhostname = {name}
mydestination =
inet_interfaces = {address}, 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
disable_dns_lookups = yes
default_transport = error:no mail leaves the lab
relay_transport = error:no mail leaves the lab
message_size_limit = {size}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/etc/mailboxes
virtual_minimum_uid = 100
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
smtpd_tls_chain_files = {key}, {certificate}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = texthash:{root}/etc/logins
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_end_of_data_restrictions = check_policy_service unix:{root}/gate
smtpd_policy_service_timeout = 900s
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
"""

MASTER = """\
{address}:465 inet n - n - - smtpd -o syslog_name=postfix/smtps -o smtpd_tls_wrappermode=yes
{address}:587 inet n - n - - smtpd -o syslog_name=postfix/submission
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT = """\
protocols =
base_dir = {root}/dovecot/run
state_dir = {root}/dovecot/state
log_path = {root}/dovecot.log
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
# Without this the server answers ever more slowly after a wrong password.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/dovecot/users
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home=/nonexistent
}}
service auth {{
  unix_listener {root}/spool/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""


def _sealed(password):
    """The password as Dovecot's salted hash, so that no file holds it in the clear."""
    salt = os.urandom(8)
    digest = hashlib.sha256(password.encode() + salt).digest()
    return "{SSHA256}" + base64.b64encode(digest + salt).decode()


def make_postfix_folders(root):
    """The folders of a Postfix that shares nothing with the system's: etc, spool and data."""
    try:
        postfix = pwd.getpwnam("postfix")
        postdrop = grp.getgrnam("postdrop").gr_gid
    except KeyError as error:
        raise LabError("Postfix is not installed; scripts/setup installs it") from error
    for folder in ("etc", "spool", "data"):
        (root / folder).mkdir(parents=True)
    for folder in QUEUES.split():
        (root / "spool" / folder).mkdir(mode=0o700)
        if folder != "pid":
            os.chown(root / "spool" / folder, postfix.pw_uid, 0)
    for folder, mode in (("public", 0o710), ("maildrop", 0o730)):
        path = root / "spool" / folder
        path.mkdir()
        os.chown(path, postfix.pw_uid, postdrop)
        path.chmod(mode)
    os.chown(root / "data", postfix.pw_uid, postfix.pw_gid)


class MailServer:
    """Postfix and Dovecot on one host of the lab."""

    def __init__(self, root, hosts, address, name, certificate, key):
        self.root = Path(root)
        self._hosts = hosts
        self._values = {"root": self.root, "smtpd": SMTPD, "address": address, "name": name,
                        "certificate": certificate, "key": key, "nobody": NOBODY,
                        "size": MESSAGE_BYTES_MAXIMUM}
        self._processes = []
        self.maildirs = Maildirs(self.root / "mail")
        self.gate = None

    def start(self, accounts, recipients):
        """Starts with accounts {address: password} and the addresses that have a mailbox."""
        self._make_folders()
        self._write_configuration(accounts, list(accounts) + list(recipients))
        self.gate = DeliveryGate(self.root / "gate")
        dovecot = self._run("dovecot", ["dovecot", "-F", "-c", self.root / "dovecot/dovecot.conf"])
        postfix = self._run("postfix", [f"{SMTPD}/master", "-c", self.root / "etc", "-d"])
        dovecot.wait_ready((self.root / "spool/private/auth").exists)
        postfix.wait_ready(lambda: "daemon started" in self.log())

    def stop(self):
        if self.gate:
            self.gate.close()
        for process in reversed(self._processes):
            process.stop()
        self._processes = []

    def log(self):
        path = self.root / "mail.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def message_id(self, key):
        """The Message-ID of a mail that the gate held, once the mail has got past it."""
        return wait_until(lambda: (
            found := re.search(rf"{key}: message-id=(\S+)", self.log())) and found[1],
            LOG_SECONDS)

    def _run(self, name, argv):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        process = Process(name, self._hosts.command("mail", argv), self.root / f"{name}.out",
                          environment)
        self._processes.append(process)
        return process

    def _make_folders(self):
        make_postfix_folders(self.root)
        for folder in ("mail", "dovecot/run", "dovecot/state"):
            (self.root / folder).mkdir(parents=True)
        os.chown(self.root / "mail", NOBODY, NOBODY)

    def _write_configuration(self, accounts, mailboxes):
        domains = sorted({mailbox.split("@")[1] for mailbox in mailboxes})
        values = {**self._values, "domains": ", ".join(domains)}
        etc = self.root / "etc"
        (etc / "main.cf").write_text(MAIN.format(**values))
        (etc / "master.cf").write_text(MASTER.format(**values))
        (etc / "mailboxes").write_text("".join(
            f"{box} {box.split('@')[1]}/{box.split('@')[0]}/\n" for box in sorted(set(mailboxes))))
        (etc / "logins").write_text("".join(f"{name} {name}\n" for name in sorted(accounts)))
        (self.root / "dovecot/dovecot.conf").write_text(DOVECOT.format(**values))
        users = self.root / "dovecot/users"
        users.write_text("".join(
            f"{name}:{_sealed(password)}\n" for name, password in sorted(accounts.items())))
        users.chmod(0o644)
