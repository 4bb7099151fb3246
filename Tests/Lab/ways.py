#!/usr/bin/python3
"""The ways in: real programs hand mail to an agent, and each mail must be in its queue.

    ways.py [--build-dir DIR] [--keep]

A program that is not installed is named and left out. Exit 0 only when every check passed.
"""

import json
import os
import shutil
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import frame
from commands import LabError
from waiting import wait_until

SECONDS = 60
CLIENT = "cliente@clientes.test"


class Branch:
    """One organisation of one device, whose agent takes mail from this machine."""

    def __init__(self, folder, build_dir):
        self.folder = folder
        self.home = folder / "home"
        self.build = Path(build_dir).resolve()
        self.sendmail = folder / "sendmail"
        self.sendmail.symlink_to(self.build / "syncmail")
        self.port, self.web_port = _free_port(), _free_port()
        self.environment = {
            "PATH": f"{self.build}:/usr/bin:/bin:/usr/sbin", "LANG": "C.UTF-8",
            "GIT_AUTHOR_NAME": "Juan", "GIT_AUTHOR_EMAIL": "juan@inair.test",
            "GIT_COMMITTER_NAME": "Juan", "GIT_COMMITTER_EMAIL": "juan@inair.test",
            "SWIFT_BACKTRACE": "enable=no", "HOME": str(folder), "SYNCMAIL_HOME": str(self.home)}
        self.agent = None

    def run(self, *words, text=None, check=True):
        done = subprocess.run(
            [str(word) for word in words], input=text, text=True, capture_output=True,
            env=self.environment, timeout=SECONDS, cwd=self.folder, check=False)
        if check and done.returncode != 0:
            raise LabError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def found(self):
        """The organisation, and its person: this login."""
        self.run("syncmail", "init", "--org", "INAIR")
        self.run("syncmail", "user", "add", "juan", "--name", "Juan Pérez",
                 "--email", "juan@inair.test", "--bind", os.getuid())
        self.run("syncmail", "user", "add", "maria", "--name", "María", "--email",
                 "maria@inair.test")
        added = self.run("syncmail", "app", "add", "crm", "--user", "maria", "--json")
        return json.loads(added.stdout)["password"]

    def start(self):
        # The engine that the commands above left behind leaves first.
        log = open(self.folder / "agent.log", "w", encoding="utf-8")
        self.agent = subprocess.Popen(
            ["syncmail-agent", "--home", self.home, "--smtp", f"127.0.0.1:{self.port}",
             "--http", f"127.0.0.1:{self.web_port}"],
            env=self.environment, stdout=log, stderr=log)
        if not wait_until(self._answers, SECONDS):
            raise LabError((self.folder / "agent.log").read_text())

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.agent:
            self.agent.terminate()
            self.agent.wait(SECONDS)

    def mails(self):
        listed = self.run("syncmail", "outbox", "list", "--all", "--json")
        # One entry for each recipient; a mail is counted once.
        return list({entry["id"]: entry
                     for entry in json.loads(listed.stdout)["deliveries"]}.values())


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def message(subject, sender="Juan Pérez <juan@inair.test>"):
    """A mail with letters and a file."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, sender, CLIENT
    mail.set_content("Estimado cliente: adjuntamos la cotización de mañana.\n")
    mail.add_attachment(bytes(range(256)) * 4, maintype="application", subtype="pdf",
                        filename="cotización.pdf")
    return mail


# Each program hands in one mail of the subject it is given.

def python_smtplib(branch, subject):
    with smtplib.SMTP("127.0.0.1", branch.port, timeout=SECONDS) as client:
        client.send_message(message(subject))


def smtplib_with_password(branch, subject):
    with smtplib.SMTP("127.0.0.1", branch.port, timeout=SECONDS) as client:
        client.login("crm", branch.password)
        client.send_message(message(subject, "maria@inair.test"))


def swaks(branch, subject):
    branch.run("swaks", "--server", f"127.0.0.1:{branch.port}", "--from", "juan@inair.test",
               "--to", CLIENT, "--header", f"Subject: {subject}", "--body", "Hola")


def swaks_with_password(branch, subject):
    branch.run("swaks", "--server", f"127.0.0.1:{branch.port}", "--from", "maria@inair.test",
               "--to", CLIENT, "--header", f"Subject: {subject}", "--body", "Hola", "--auth",
               "LOGIN", "--auth-user", "crm", "--auth-password", branch.password)


def msmtp(branch, subject):
    branch.run("msmtp", "--host=127.0.0.1", f"--port={branch.port}", "--from=juan@inair.test",
               "--", CLIENT, text=f"Subject: {subject}\nTo: {CLIENT}\n\nHola\n")


def sendmail(branch, subject):
    branch.run(branch.sendmail, "-t", "-i", text=message(subject).as_string())


def mailx(branch, subject):
    branch.run("s-nail", "-S", f"mta={branch.sendmail}", "-S", "sendwait", "-:/", "-s", subject,
               CLIENT, text="Hola, mañana\n")


def bsd_mailx(branch, subject):
    (branch.folder / ".mailrc").write_text(f"set sendmail={branch.sendmail}\n")
    branch.run("bsd-mailx", "-s", subject, CLIENT, text="Hola\n")


def git_send_email(branch, subject):
    folder = branch.folder / "git"
    if not folder.exists():
        branch.run("git", "init", "-q", folder)
    (folder / "0001.patch").write_text(
        f"From: Juan <juan@inair.test>\nSubject: {subject}\n\nUn parche\n")
    done = subprocess.run(
        ["git", "send-email", "--quiet", "--confirm=never", "--from", "juan@inair.test", "--to",
         CLIENT, f"--sendmail-cmd={branch.sendmail} -i", "0001.patch"],
        cwd=folder, env=branch.environment, capture_output=True, text=True, timeout=SECONDS,
        check=False)
    if done.returncode != 0:
        raise LabError(done.stderr)


def php_mail(branch, subject):
    code = f'exit(mail("{CLIENT}", "{subject}", "Hola", "From: juan@inair.test") ? 0 : 1);'
    branch.run("php", "-d", f"sendmail_path={branch.sendmail} -t -i", "-r", code)


def django(branch, subject):
    code = f"""
import django
from django.conf import settings
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT={branch.port})
django.setup()
from django.core.mail import EmailMultiAlternatives, send_mail
mail = EmailMultiAlternatives({subject!r}, "Hola", "juan@inair.test", [{CLIENT!r}],
                              bcc=["oculto@clientes.test"])
mail.attach_alternative("<p>Ma&ntilde;ana, año</p>", "text/html")
assert mail.send() == 1
"""
    branch.run(sys.executable, "-c", code)


def curl(branch, subject):
    (branch.folder / "mail").write_bytes(message(subject).as_bytes())
    branch.run("curl", "-sS", f"smtp://127.0.0.1:{branch.port}", "--mail-from", "juan@inair.test",
               "--mail-rcpt", CLIENT, "--crlf", "-T", "mail")


def http_socket(branch, subject):
    body = json.dumps({"to": CLIENT, "subject": subject, "text": "Mañana"})
    done = branch.run("curl", "-sS", "-f", "--unix-socket", branch.home / "http", "-H",
                      "Content-Type: application/json", "-H", f"Idempotency-Key: {subject[-2:]}k",
                      "-d", body, "http://localhost/v1/messages")
    name = json.loads(done.stdout)["id"]
    shown = branch.run("curl", "-sS", "-f", "--unix-socket", branch.home / "http",
                       f"http://localhost/v1/messages/{name}")
    if json.loads(shown.stdout)["subject"] != subject:
        raise LabError(shown.stdout)


def http_form(branch, subject):
    branch.run("curl", "-sS", "-f", "--unix-socket", branch.home / "http", "-F", f"to={CLIENT}",
               "-F", f"subject={subject}", "-F", "text=Mañana", "-F",
               f"attachments=@{__file__};filename=../../oferta.pdf;type=application/pdf",
               "http://localhost/v1/messages")


def http_with_password(branch, subject):
    body = json.dumps({"to": [CLIENT], "subject": subject, "text": "Mañana"})
    branch.run("curl", "-sS", "-f", "-u", f"crm:{branch.password}", "-H",
               "Content-Type: application/json", "-d", body,
               f"http://127.0.0.1:{branch.web_port}/v1/messages")


def check_description(branch, checks):
    """Whatever the description allows is answered as it says; 422 is for what only we can judge."""
    if not shutil.which("st"):
        checks.note("schemathesis (st) is not installed here")
        return
    done = branch.run(
        shutil.which("st"), "run", f"http://127.0.0.1:{branch.web_port}/v1/openapi.json", "--auth",
        f"crm:{branch.password}", "--max-examples", "40", "--exclude-checks",
        # Which address mail can go to, only we can judge (422); and the guards name the methods of
        # the whole server.
        "positive_data_acceptance,unsupported_method,allow_header_conformance", check=False)
    checks.expect("schemathesis finds no answer that the description does not allow",
                  done.returncode == 0, done.stdout[-1500:])


PROGRAMS = [
    # How the program is called, how it is found, what it does, and whose mail it is.
    ("sendmail, as a link", "", sendmail, "juan"),
    ("Python's smtplib", "", python_smtplib, "juan"),
    ("Python's smtplib with a password", "", smtplib_with_password, "maria"),
    ("curl", "curl", curl, "juan"), ("curl over HTTP", "curl", http_socket, "juan"),
    ("curl with a form and a file", "curl", http_form, "juan"),
    ("curl over HTTP with a password", "curl", http_with_password, "maria"),
    ("swaks", "swaks", swaks, "juan"),
    ("swaks with a password", "swaks", swaks_with_password, "maria"),
    ("msmtp", "msmtp", msmtp, "juan"), ("s-nail", "s-nail", mailx, "juan"),
    ("bsd-mailx", "bsd-mailx", bsd_mailx, "juan"),
    ("git send-email", "/usr/lib/git-core/git-send-email", git_send_email, "juan"),
    ("PHP's mail()", "php", php_mail, "juan"), ("Django", "django", django, "juan"),
]


def is_there(name):
    if name == "django":
        try:
            import django  # pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            return False
        return True
    return not name or shutil.which(name) or Path(name).exists()


def tell(branch, checks):
    checks.heading("Real programs hand in mail, and it is in the queue, from the right person")
    for number, (name, program, body, user) in enumerate(PROGRAMS, 1):
        if not is_there(program):
            checks.note(f"{name} is not installed here")
            continue
        subject = f"Correo {number}"
        try:
            body(branch, subject)
        except (LabError, OSError, smtplib.SMTPException, subprocess.SubprocessError) as error:
            checks.expect(f"{name} hands in a mail", False, str(error)[:600])
            continue
        found = [mail for mail in branch.mails() if subject in (mail.get("subject") or "")]
        checks.expect(f"{name} hands in a mail, which is {user}'s",
                      len(found) == 1 and found[0]["user"] == user, str(found)[:600])
    refuse(branch, checks)
    check_description(branch, checks)


def refuse(branch, checks):
    """What must not be stored, whichever way it comes."""
    before = len(branch.mails())
    done = branch.run(branch.sendmail, "-t", text="From: maria@inair.test\nTo: a@b.test\n\nx\n",
                      check=False)
    checks.expect("sendmail refuses somebody else's From with 77", done.returncode == 77,
                  done.stderr)
    done = branch.run(branch.sendmail, "-bs", text="", check=False)
    checks.expect("and what it does not do with 64", done.returncode == 64, done.stderr)
    with smtplib.SMTP("127.0.0.1", branch.port, timeout=SECONDS) as client:
        try:
            client.login("crm", "otra")
            checks.expect("a wrong password is refused", False)
        except smtplib.SMTPAuthenticationError as error:
            checks.expect("a wrong password is refused", error.smtp_code == 535, str(error))
    with socket.create_connection(("127.0.0.1", branch.port), SECONDS) as raw:
        raw.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nSubject: x\r\n\r\n"
                    b"x\n.\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\ny\r\n.\r\n")
        answer = b""
        while piece := raw.recv(4096):
            answer += piece
    checks.expect("a smuggled second mail is refused with the first", b"\r\n554 " in answer,
                  answer.decode())
    checks.expect("and nothing of all this is stored", len(branch.mails()) == before)


def run_branch(folder, checks, options):
    branch = Branch(folder, options.build_dir)
    try:
        branch.password = branch.found()
        branch.start()
        tell(branch, checks)
    finally:
        branch.stop()


def main():
    options = frame.parser("The ways in, with real programs.").parse_args()
    return frame.run("ways", options, lambda folder, checks: run_branch(folder, checks, options))


if __name__ == "__main__":
    sys.exit(main())
