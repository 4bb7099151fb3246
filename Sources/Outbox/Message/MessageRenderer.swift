package import SyncCore

/// A mail as it will be sent, without the headers that name its sender.
///
/// The bytes are fixed when the mail is queued and never rendered again.
package struct RenderedMessage: Hashable, Sendable {
    /// Headers and body, in lines of at most 998 bytes that end with CRLF.
    package let bytes: [UInt8]
    /// The SHA-256 of ``bytes``.
    package let sha256: Digest
    /// Whether a header names an address that only a server with SMTPUTF8 can take.
    package let needsSMTPUTF8: Bool
    /// How many of the bytes are attachments, in base 64.
    package let attachmentByteCount: Int
}

/// Renders mails.
///
/// The bytes are a function of the draft alone: date, Message-ID and boundaries come from it,
/// so rendering again on another device gives the same hash. Everything is UTF-8; the body is
/// ASCII on the wire, so that it passes every server.
package struct MessageRenderer: Sendable {
    private let limits: MessageLimits

    package init(limits: MessageLimits = MessageLimits()) {
        self.limits = limits
    }

    /// Renders a mail, without `From`, `Sender`, `Reply-To` and `Bcc`.
    ///
    /// - Throws: ``MessageError`` with the first thing that is wrong. Nothing was done then.
    package func render(_ draft: MessageDraft) throws(MessageError) -> RenderedMessage {
        try check(draft)
        var headers = HeaderWriter()
        headers.plain(
            "Date", MimeLibrary.headerDate(secondsSinceEpoch: draft.date.milliseconds / 1000))
        headers.plain("Message-ID", "<\(draft.messageID.text)>")
        headers.mailboxes("To", draft.to)
        headers.mailboxes("Cc", draft.cc)
        if draft.to.isEmpty && draft.cc.isEmpty {
            headers.plain("To", "undisclosed-recipients:;")
        }
        headers.text("Subject", draft.subject)
        headers.plain("MIME-Version", "1.0")
        let headerBytes = headers.bytes
        let bytes = headerBytes + entity(for: draft).rendered()
        guard Self.isFitForWire(bytes) else { throw MessageError(.notRenderable, in: .message) }
        return RenderedMessage(
            bytes: bytes, sha256: Digest(of: bytes),
            needsSMTPUTF8: !headerBytes.allSatisfy { $0 < 0x80 },
            attachmentByteCount: draft.attachments.reduce(0) {
                $0 + Self.encodedByteCount(of: $1.bytes.count)
            })
    }

    /// How many bytes so many make in lines of 76 characters of base 64.
    private static func encodedByteCount(of count: Int) -> Int {
        let characters = (count + 2) / 3 * 4
        return characters + (characters + 75) / 76 * 2
    }

    private func check(_ draft: MessageDraft) throws(MessageError) {
        guard !draft.recipients.isEmpty else { throw MessageError(.noRecipients, in: .to) }
        if draft.recipients.count > limits.recipientsMaximum {
            throw MessageError(.tooManyRecipients, in: .to, limit: limits.recipientsMaximum)
        }
        try MailText.refuseControls(draft.subject, in: .subject)
        try MailText.refuseLonger(
            than: limits.subjectBytesMaximum, draft.subject, in: .subject)
        for (text, field) in [(draft.text, MessageError.Field.text), (draft.html, .html)] {
            guard let text else { continue }
            try MailText.refuseLonger(than: limits.textBytesMaximum, text, in: field)
            if text.utf8.contains(0) { throw MessageError(.controlCharacter, in: field) }
        }
        if draft.attachments.count > limits.attachmentsMaximum {
            throw MessageError(
                .tooManyAttachments, in: .message, limit: limits.attachmentsMaximum)
        }
        var total = 0
        for (index, attachment) in draft.attachments.enumerated() {
            total += attachment.bytes.count
            if total > limits.attachmentBytesMaximum {
                throw MessageError(
                    .tooLarge, in: .attachment(index + 1), limit: limits.attachmentBytesMaximum)
            }
        }
    }

    private func entity(for draft: MessageDraft) -> MimeEntity {
        guard !draft.attachments.isEmpty else { return content(of: draft) }
        let mixed = MimeEntity(group: "mixed", boundary: boundary("mixed", of: draft))
        // Without any text the attachments stand alone.
        if draft.text != nil || draft.html != nil { mixed.add(content(of: draft)) }
        for attachment in draft.attachments { mixed.add(MimeEntity(attachment: attachment)) }
        return mixed
    }

    private func content(of draft: MessageDraft) -> MimeEntity {
        let plain = draft.text ?? ""
        guard let html = draft.html else {
            return MimeEntity(text: MailText.withLineFeeds(plain), subtype: "plain")
        }
        guard draft.text != nil else {
            return MimeEntity(text: MailText.withLineFeeds(html), subtype: "html")
        }
        let group = MimeEntity(
            group: "alternative", boundary: boundary("alternative", of: draft))
        // The last alternative is the preferred one (RFC 2046 §5.1.4).
        group.add(MimeEntity(text: MailText.withLineFeeds(plain), subtype: "plain"))
        group.add(MimeEntity(text: MailText.withLineFeeds(html), subtype: "html"))
        return group
    }

    /// A boundary that depends on nothing but the mail's name.
    ///
    /// `=_` occurs in no encoded body.
    private func boundary(_ group: String, of draft: MessageDraft) -> String {
        let hash = Digest(of: Array("\(group):\(draft.messageID.text)".utf8))
        return "=_\(hash.bytes.prefix(16).hexadecimal)"
    }

    /// Whether bytes obey SMTP: lines end with CRLF, none is too long, CR and LF never stand
    /// alone, and there is no NUL.
    static func isFitForWire(_ bytes: [UInt8]) -> Bool {
        var lineStart = 0
        for index in bytes.indices {
            switch bytes[index] {
            case 0: return false
            case 0x0D:
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return false }
            case 0x0A:
                guard index > 0, bytes[index - 1] == 0x0D,
                    index - 1 - lineStart <= HeaderWriter.lineBytesMaximum
                else { return false }
                lineStart = index + 1
            default: continue
            }
        }
        return lineStart == bytes.count
    }
}
