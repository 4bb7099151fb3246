package import SyncCore

/// The `Message-ID` header's value, which names one mail in the whole world.
///
/// It is made once, when the mail is queued, and stays the same in every attempt, so that
/// receivers can recognise a copy.
package struct MessageIDHeader: Hashable, Sendable {
    /// The value without angle brackets.
    package let text: String

    /// Makes the value from the mail's own name and the organisation's domain.
    package init(_ message: MessageID, at domain: MailDomain) {
        text = "\(message)@\(domain)"
    }
}

/// A file that travels with a mail.
package struct MailAttachment: Hashable, Sendable {
    /// The name the receiver sees.
    package let name: AttachmentName
    /// What the file is.
    package let mediaType: MediaType
    /// The content.
    package let bytes: [UInt8]

    /// Checks a file that somebody attached.
    ///
    /// - Parameters:
    ///   - name: The file's name; a path is reduced to its last component.
    ///   - mediaType: What the file is; without it, the extension decides.
    ///   - bytes: The content.
    ///   - number: The attachment's place, counted from 1, for errors.
    /// - Throws: ``MessageError`` with `badAttachmentName`, `controlCharacter` or `badMediaType`.
    package init(
        name: String, mediaType: String? = nil, bytes: [UInt8], number: Int
    ) throws(MessageError) {
        self.name = try AttachmentName(name, attachment: number)
        if let mediaType {
            guard let known = MediaType(mediaType) else {
                throw MessageError(.badMediaType, in: .attachment(number))
            }
            self.mediaType = known
        } else {
            self.mediaType = MediaType(guessedFromName: self.name.text)
        }
        self.bytes = bytes
    }
}

/// A mail as its sender meant it, before it is rendered.
///
/// Who sends it is not part of it: the account is chosen when it is sent
/// (see ``SenderHeaders``).
package struct MessageDraft: Sendable {
    package var to: [Mailbox] = []
    package var cc: [Mailbox] = []
    /// Receive the mail, and are named in no header.
    package var bcc: [Mailbox] = []
    package var subject = ""
    /// The plain text.
    ///
    /// A mail without text and HTML has an empty plain text.
    package var text: String?
    package var html: String?
    package var attachments: [MailAttachment] = []
    package var messageID: MessageIDHeader
    /// When the mail was queued.
    package var date: Timestamp
    /// Where answers should go when that is not the sender.
    ///
    /// ``SenderHeaders`` writes it.
    package var replyTo: Mailbox?

    /// Starts an empty mail.
    package init(messageID: MessageIDHeader, date: Timestamp) {
        self.messageID = messageID
        self.date = date
    }

    /// The addresses that receive the mail: each once, in the order `to`, `cc`, `bcc`.
    package var recipients: [MailAddress] {
        var seen: Set<MailAddress> = []
        return (to + cc + bcc).map(\.address).filter { seen.insert($0).inserted }
    }
}

/// How large a mail may be.
package struct MessageLimits: Hashable, Sendable {
    /// All attachments together, before encoding.
    package var attachmentBytesMaximum = 25 * 1_048_576
    package var attachmentsMaximum = 100
    package var recipientsMaximum = 500
    /// Each of the plain text and the HTML.
    package var textBytesMaximum = 10 * 1_048_576
    /// A subject of this length still fits a line, however it is written.
    package var subjectBytesMaximum = 900

    package init() {}
}
