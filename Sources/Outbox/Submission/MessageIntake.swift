package import SyncCore

/// A complete mail that a program built, on its way into the queue.
///
/// It is read once, which tells who wrote it and to whom it goes, and finished when the names
/// in it are known:
///
/// ```
/// bytes ──read──▶ author, names without a domain ──(directory)──▶ finish ──▶ stored form
/// ```
///
/// The stored form is that of ``MessageRenderer``: no From, Sender, Reply-To and Bcc. Text and
/// files stay as they are; a body that is not ASCII in lines of 998 bytes is encoded anew, so
/// that it passes every server. A mail that is signed keeps every byte but Bcc, which nobody
/// may see.
package struct MessageIntake: Sendable {
    /// What is accepted, and how it is read.
    package struct Rules: Sendable {
        /// How many bytes the mail may have.
        package var byteCountMaximum = MailSubmission.Limits().mailByteCountMaximum
        package var recipientsMaximum = MailOffer.recipientsMaximum
        /// Whether a line with a single dot ends the mail.
        package var endsAtDot = false
        /// Whether To, Cc and Bcc name recipients (`-t`).
        package var readsRecipients = false

        package init() {}
    }

    /// Who the mail says wrote it, if that is an address.
    package let author: Mailbox?
    /// Where answers should go, if the mail says so.
    package let replyTo: Mailbox?
    /// For lists on this device.
    package let subject: String
    /// Whether a signature covers the mail, so that it must not be changed.
    package let isSigned: Bool
    /// What `Idempotency-Key` says.
    package let key: String?
    /// What `X-Syncmail-Type` says.
    package let type: String?
    /// What `X-Syncmail-Entity` says.
    package let entity: String?
    /// What `X-Syncmail-At`, `-Undo`, `-Priority` and `-Expire` say.
    package let wishes: SendingWishes
    /// What `X-Syncmail-Contact` says; nothing if it names nobody.
    package let contact: MailContact?
    /// Names without a domain, such as `root`, that ``finish(names:messageID:date:)`` needs.
    package let localNames: Set<String>

    let header: ArrivedHeader
    private let recipients: [AddressList.Entry]
    private let rules: Rules

    /// Reads a mail.
    ///
    /// - Parameters:
    ///   - bytes: The mail, in lines that end with LF, CRLF or CR.
    ///   - typed: The recipients that were named beside it, as they were typed.
    ///   - rules: What is accepted.
    /// - Throws: ``IntakeError``.
    package init(
        reading bytes: [UInt8], for typed: [String], rules: Rules = Rules()
    ) throws(IntakeError) {
        guard bytes.count <= rules.byteCountMaximum else {
            throw IntakeError(.tooLarge(limit: rules.byteCountMaximum))
        }
        let lines = try ArrivedLines.normalized(bytes, endsAtDot: rules.endsAtDot)
        header = try ArrivedHeader(lines)
        for name in Self.singleNames { _ = try header.only(name) }
        author = try Self.author(in: header)
        replyTo = try Self.replyTo(in: header)
        subject = Self.subject(in: header)
        isSigned = Self.isSigned(header)
        key = header.all("idempotency-key").first?.text
        type = header.all("x-syncmail-type").first?.text
        entity = header.all("x-syncmail-entity").first?.text
        wishes = try Self.wishes(in: header)
        contact = try Self.contact(in: header)
        var entries: [AddressList.Entry] = []
        for text in typed {
            guard let list = AddressList(text) else {
                throw IntakeError(.badAddress(shown: MessageError.printable(text)))
            }
            entries += list.entries
        }
        if rules.readsRecipients { entries += try Self.recipients(in: header) }
        let shown = (header.all("to") + header.all("cc")).flatMap {
            $0.text.flatMap { AddressList($0) }?.entries ?? []
        }
        localNames = Set((entries + shown).map(\.address).filter { !$0.contains("@") })
        recipients = entries
        self.rules = rules
    }

    /// Brings the mail into the form in which it is stored.
    ///
    /// - Parameters:
    ///   - names: The addresses of ``localNames``, as far as they have one.
    ///   - messageID: The Message-ID, if the mail has none.
    ///   - date: The Date, if the mail has none.
    /// - Returns: The mail, and who receives it.
    /// - Throws: ``IntakeError``.
    package func finish(
        names: [String: MailAddress], messageID: MessageIDHeader, date: Timestamp
    ) throws(IntakeError) -> ArrivedMessage {
        var seen: Set<MailAddress> = []
        var receivers: [MailAddress] = []
        for entry in recipients {
            let address = try Self.address(of: entry, names)
            if seen.insert(address).inserted { receivers.append(address) }
        }
        guard !receivers.isEmpty else { throw IntakeError(.noRecipients) }
        guard receivers.count <= rules.recipientsMaximum else {
            throw IntakeError(.tooManyRecipients(limit: rules.recipientsMaximum))
        }
        if isSigned, author == nil { throw IntakeError(.signedWithoutFrom) }
        let form = StoredForm(header: header, names: names, messageID: messageID, date: date)
        let bytes = try isSigned ? form.unchanged() : form.rewritten()
        guard bytes.count <= rules.byteCountMaximum else {
            throw IntakeError(.tooLarge(limit: rules.byteCountMaximum))
        }
        let headerEnd = form.headerByteCount(of: bytes)
        return ArrivedMessage(
            rendered: RenderedMessage(
                bytes: bytes, sha256: Digest(of: bytes),
                needsSMTPUTF8: !bytes[..<headerEnd].allSatisfy { $0 < 0x80 },
                attachmentByteCount: 0),
            recipients: receivers, signedAs: isSigned ? author?.address : nil)
    }

    /// Fields that stand once at most (RFC 5322 §3.6).
    private static let singleNames =
        [
            "from", "sender", "reply-to", "subject", "date", "message-id", "mime-version",
            "content-type", "content-transfer-encoding", "idempotency-key", "x-syncmail-type",
            "x-syncmail-entity", "x-syncmail-contact",
        ] + SendingWishes.Part.allCases.map(\.field)

    private static func wishes(in header: ArrivedHeader) throws(IntakeError) -> SendingWishes {
        var wishes = SendingWishes()
        for part in SendingWishes.Part.allCases {
            guard let field = header.all(part.field).first else { continue }
            guard let text = field.text, wishes.take(text, as: part) else {
                throw IntakeError(.badWish(part))
            }
        }
        return wishes
    }

    private static func contact(in header: ArrivedHeader) throws(IntakeError) -> MailContact? {
        guard let text = header.all("x-syncmail-contact").first?.text else { return nil }
        guard let contact = MailContact(text) else { throw IntakeError(.badContact) }
        return contact
    }

    private static func author(in header: ArrivedHeader) throws(IntakeError) -> Mailbox? {
        guard let field = header.all("from").first else { return nil }
        guard let text = field.text, let list = AddressList(text) else {
            throw IntakeError(.badAddresses("From"))
        }
        // A name of this machine, such as cron's root, is no address that anybody can answer.
        return list.entries.first.flatMap { mailbox($0) }
    }

    private static func replyTo(in header: ArrivedHeader) throws(IntakeError) -> Mailbox? {
        guard let field = header.all("reply-to").first else { return nil }
        guard let text = field.text, let list = AddressList(text) else {
            throw IntakeError(.badAddresses("Reply-To"))
        }
        guard list.entries.count <= 1 else { throw IntakeError(.severalReplyTo) }
        guard let entry = list.entries.first else { return nil }
        guard let mailbox = mailbox(entry) else {
            throw IntakeError(.badAddress(shown: MessageError.printable(entry.address)))
        }
        return mailbox
    }

    private static func recipients(
        in header: ArrivedHeader
    ) throws(IntakeError) -> [AddressList.Entry] {
        if header.fields.contains(where: { $0.key.hasPrefix("resent-") }) {
            throw IntakeError(.resent)
        }
        var entries: [AddressList.Entry] = []
        for name in ["to", "cc", "bcc"] {
            for field in header.all(name) {
                guard let text = field.text, let list = AddressList(text) else {
                    throw IntakeError(.badAddresses(field.name))
                }
                entries += list.entries
            }
        }
        return entries
    }

    private static func subject(in header: ArrivedHeader) -> String {
        let text = MimeArrival.decodedText(header.all("subject").first?.text ?? "")
        var shown = String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.isControl }))
        while shown.utf8.count > MailSubmission.Limits().subjectByteCountMaximum {
            shown.removeLast(max(1, shown.count / 8))
        }
        return shown
    }

    private static func isSigned(_ header: ArrivedHeader) -> Bool {
        if !header.all("dkim-signature").isEmpty { return true }
        let type = MimeArrival.contentType(header.all("content-type").first?.text ?? "").type
        return [
            "multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime",
        ].contains(type)
    }

    static func address(
        of entry: AddressList.Entry, _ names: [String: MailAddress]
    ) throws(IntakeError) -> MailAddress {
        let shown = MessageError.printable(entry.address)
        guard entry.address.contains("@") else {
            guard let address = names[entry.address] else {
                throw IntakeError(.unknownLocalName(shown: shown))
            }
            return address
        }
        do { return try MailAddress(entry.address, in: .to) } catch {
            throw IntakeError(.badAddress(shown: shown))
        }
    }

    static func mailbox(_ entry: AddressList.Entry) -> Mailbox? {
        do {
            return try Mailbox(
                name: entry.name, address: MailAddress(entry.address, in: .from), in: .from)
        } catch {
            return nil
        }
    }
}

/// A complete mail in the form in which it is stored.
package struct ArrivedMessage: Sendable {
    package let rendered: RenderedMessage
    /// Who receives it, each once.
    package let recipients: [MailAddress]
    /// The address in From of a signed mail: only from there may it go.
    package let signedAs: MailAddress?
}

extension SendingWishes.Part {
    /// The field of a header that holds the wish, in lower case.
    var field: String { "x-syncmail-\(rawValue)" }
}
