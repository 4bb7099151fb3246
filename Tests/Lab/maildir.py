"""Reads what arrived in the Maildirs of a mail server."""

import email
import email.policy
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Attachment:
    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class Mail:
    """One delivered copy of a message."""

    message_id: str
    recipient: str
    envelope_from: str
    sender: str
    reply_to: str
    subject: str
    text: str
    attachments: tuple


def _parse(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    attachments = []
    for part in message.iter_attachments():
        content = part.get_payload(decode=True) or b""
        attachments.append(Attachment(
            part.get_filename() or "", len(content), hashlib.sha256(content).hexdigest()))
    return Mail(
        message_id=str(message.get("Message-ID", "")).strip(),
        recipient=str(message.get("X-Original-To", message.get("Delivered-To", ""))),
        envelope_from=str(message.get("Return-Path", "")).strip("<>"),
        sender=str(message.get("From", "")),
        reply_to=str(message.get("Reply-To", "")),
        subject=str(message.get("Subject", "")),
        text=body.get_content() if body else "",
        attachments=tuple(attachments))


class Maildirs:
    """Every Maildir below one folder, read once per file."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._known = {}

    def mails(self):
        """Every copy that arrived, in the order of its file name."""
        for path in sorted(self.folder.glob("**/new/*")):
            if path not in self._known:
                self._known[path] = _parse(path)
        return [self._known[path] for path in sorted(self._known)]

    def count(self):
        return sum(1 for _ in self.folder.glob("**/new/*"))

    def copies(self):
        """How many copies arrived, by Message-ID and recipient; anything but 1 is a fault."""
        return Counter((mail.message_id, mail.recipient) for mail in self.mails())

    def duplicates(self):
        return sorted(key for key, count in self.copies().items() if count > 1)
