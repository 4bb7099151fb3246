package import SyncCore

/// A rendered mail and what the queue must know about it.
package struct MailSubmission: Sendable {
    /// The limits of what the queue accepts.
    package struct Limits: Sendable {
        package var recipientsMaximum = MailOffer.recipientsMaximum
        /// A whole mail; its sealed form must fit a blob at the hub.
        package var mailByteCountMaximum = 48 << 20
        package var typeByteCountMaximum = 40
        package var entityByteCountMaximum = 200
        package var keyByteCountMaximum = 200
        package var subjectByteCountMaximum = 1024
        package var actorByteCountMaximum = 64

        package init() {}
    }

    /// The mail's name, from which its Message-ID was made.
    package let message: MessageID
    package let submission: SubmissionID
    package let rendered: RenderedMessage
    /// The person it is sent for.
    package let user: UserID
    /// Who asked for it, for the log: a user, or `uid:N`.
    package let actor: String
    /// Who receives it; each gets a delivery of its own, numbered in this order.
    package let recipients: [MailAddress]
    /// The mail's type, such as `cotizacion`.
    package var type = "general"
    /// What the mail is about, such as `factura:001-001-000000123`.
    package var entity: String?
    /// By which way it came in, and whom it concerns.
    package var source = MailSource()
    /// A key of the calling program: a second mail of the same user with it is the first one.
    package var key: String?
    /// For lists on this device; it is never sent to the hub.
    package var subject = ""
    /// Where answers should go when that is not the sender.
    package var replyTo: Mailbox?
    /// The address in From of a mail that arrived signed: it is sent from there, or not at all.
    package var signedAs: MailAddress?
    /// When it is sent, how urgent it is, and when it is given up.
    package var terms = MailTerms()

    package init(
        message: MessageID, submission: SubmissionID, rendered: RenderedMessage, user: UserID,
        actor: String, recipients: [MailAddress]
    ) {
        self.message = message
        self.submission = submission
        self.rendered = rendered
        self.user = user
        self.actor = actor
        self.recipients = recipients
    }

    /// Refuses what breaks a limit, before anything is stored.
    func check(_ limits: Limits) throws(SubmissionError) {
        if recipients.isEmpty { throw SubmissionError(.noRecipients) }
        if recipients.count > limits.recipientsMaximum {
            throw SubmissionError(.tooManyRecipients, limit: limits.recipientsMaximum)
        }
        if rendered.bytes.count > limits.mailByteCountMaximum {
            throw SubmissionError(.tooLarge, limit: limits.mailByteCountMaximum)
        }
        let texts = [
            (type, limits.typeByteCountMaximum), (entity ?? "", limits.entityByteCountMaximum),
            (key ?? "", limits.keyByteCountMaximum), (subject, limits.subjectByteCountMaximum),
            (actor, limits.actorByteCountMaximum),
        ]
        for (text, maximum) in texts where text.utf8.count > maximum {
            throw SubmissionError(.textTooLong, limit: maximum)
        }
        for text in [type, entity ?? "", key ?? "", actor]
        where text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw SubmissionError(.controlCharacter)
        }
        if type.isEmpty { throw SubmissionError(.noType) }
    }
}

/// What became of a submission.
package struct SubmissionReceipt: Hashable, Sendable {
    /// The mail that is queued.
    package let message: MessageID
    /// Whether it was queued before, by the same submission or under the same key.
    package let isRepetition: Bool

    package init(message: MessageID, isRepetition: Bool) {
        self.message = message
        self.isRepetition = isRepetition
    }
}
