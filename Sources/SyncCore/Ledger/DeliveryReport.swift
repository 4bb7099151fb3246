/// The body of a `delivery.fact` record: something that happened to a delivery, and what a
/// person wants to know about it.
///
/// It stands in the audit feed of the branch the mail belongs to, written by whoever knows it
/// first: the device that made the attempt, the origin, or the hub. Every ledger and every log
/// folds the same records.
package struct DeliveryReport: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "delivery.fact"
    /// The reason with which a device asks the ledger in custody for a decision.
    package static let requestedReason = "requested"
    /// The reason with which that ledger declines it; the fact is left out then.
    package static let refusedReason = "refused"
    /// The reason with which a person says that he knows what became of a mail; the fact is left
    /// out, and the note says of which alert he knows.
    package static let acknowledgedReason = "acknowledged"
    /// The cause with which the hub holds a mail that a revoked device handed over.
    package static let quarantineCause = "QUARANTINE"
    /// The cause with which the hub holds a mail when two offers of it differ.
    package static let otherContentCause = "OTHER_CONTENT"
    /// The cause with which the hub says that it has forgotten nothing about a delivery in its
    /// custody, whatever its origin suspects.
    package static let rememberedCause = "REMEMBERED"

    /// The cause with which a ledger gives a delivery up whose time is over.
    package static let expiredCause = "EXPIRED"
    /// The cause with which a ledger holds it instead, because its clock may be wrong.
    package static let clockCause = "CLOCK_DOUBTED"

    package let delivery: DeliveryID
    /// What is known from now on; nothing for a report that only tells people something.
    package let fact: DeliveryFact?
    package let detail: AttemptDetail

    package init(delivery: DeliveryID, fact: DeliveryFact?, detail: AttemptDetail) {
        self.delivery = delivery
        self.fact = fact
        self.detail = detail
    }
}

/// What people want to know about an attempt; fields that say nothing are left out.
package struct AttemptDetail: Hashable, Sendable {
    /// How many bytes a reply of a server may have that is kept.
    package static let replyByteCountMaximum = 2048

    /// The account it was sent from.
    package var account: AccountID?
    /// Whether the account is the person's `own` or the `default` one.
    package var credential: String?
    /// Why this account was chosen, as a code such as `own_incomplete`.
    package var reason: String?
    /// The address in From.
    package var from: String?
    package var host: String?
    package var port: Int?
    /// `implicit` or `starttls`.
    package var security: String?
    /// The server's own words.
    package var reply: String?
    /// A code of the diagnosis, such as `TCP_DROP`.
    package var cause: String?
    /// How long it took.
    package var milliseconds: Int?
    /// The hash of the bytes that were handed over.
    package var contentHash: Digest?
    /// The sentence for the log, in Spanish.
    package var text: String?
    /// Why a person decided so.
    package var note: String?

    package init() {}
}

/// The body of a `mail.queued` record: the first line of a mail's log.
package struct QueuedReport: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "mail.queued"

    package let message: MessageID
    package let user: UserID
    /// The mail's type, such as `cotizacion`.
    package let type: String
    package let recipients: [String]
    package let byteCount: UInt64
    /// What the mail is about, such as `factura:001-001-000000123`.
    package let entity: String?
    /// When it is sent, how urgent it is and when it is given up.
    package let terms: MailTerms
    /// Where it comes from and whom it concerns.
    package let source: MailSource

    package init(
        message: MessageID, user: UserID, type: String, recipients: [String], byteCount: UInt64,
        entity: String?, terms: MailTerms = MailTerms(), source: MailSource = MailSource()
    ) {
        self.message = message
        self.user = user
        self.type = type
        self.recipients = recipients
        self.byteCount = byteCount
        self.entity = entity
        self.terms = terms
        self.source = source
    }
}

/// The body of a `route.failed` or `route.reached` record: what a device found when it tried
/// to reach a mail server.
package struct RouteReport: Hashable, Sendable {
    /// The kind of the record when no greeting came.
    package static let failedKind = "route.failed"
    /// The kind of the record when the server can be reached again.
    package static let reachedKind = "route.reached"

    package let account: AccountID
    package let host: String
    package let port: Int
    package let security: String
    /// A code of the diagnosis, such as `TCP_DROP`; empty when it was reached.
    package let cause: String
    package let milliseconds: Int

    package init(
        account: AccountID, host: String, port: Int, security: String, cause: String,
        milliseconds: Int
    ) {
        self.account = account
        self.host = host
        self.port = port
        self.security = security
        self.cause = cause
        self.milliseconds = milliseconds
    }
}

extension DeliveryReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, delivery)
            fields.field(2, fact)
            fields.field(3, detail)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "delivery report")
        delivery = try fields.required(1)
        fact = try fields.optional(2)
        detail = try fields.required(3)
    }
}

extension AttemptDetail: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, credential)
            fields.field(3, reason)
            fields.field(4, from)
            fields.field(5, host)
            fields.field(6, port)
            fields.field(7, security)
            fields.field(8, reply)
            fields.field(9, cause)
            fields.field(10, milliseconds)
            fields.field(11, contentHash)
            fields.field(12, text)
            fields.field(13, note)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "attempt detail")
        account = try fields.optional(1)
        credential = try fields.optional(2)
        reason = try fields.optional(3)
        from = try fields.optional(4)
        host = try fields.optional(5)
        port = try fields.optional(6)
        security = try fields.optional(7)
        reply = try fields.optional(8) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.replyByteCountMaximum, in: "reply")
        }
        cause = try fields.optional(9)
        milliseconds = try fields.optional(10)
        contentHash = try fields.optional(11)
        text = try fields.optional(12)
        note = try fields.optional(13)
    }
}

extension QueuedReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, message)
            fields.field(2, user)
            fields.field(3, type)
            fields.field(4, list: recipients)
            fields.field(5, byteCount)
            fields.field(6, entity)
            fields.field(7, terms.notBefore.milliseconds == 0 ? nil : terms.notBefore)
            fields.field(8, terms.priority == .normal ? nil : terms.priority)
            fields.field(9, terms.expires)
            fields.field(10, source.way?.rawValue)
            fields.field(11, source.contact?.kind.rawValue)
            fields.field(12, source.contact?.id)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "queued report")
        message = try fields.required(1)
        user = try fields.required(2)
        type = try fields.required(3)
        recipients = try fields.list(4, maximum: MailOffer.recipientsMaximum)
        byteCount = try fields.required(5)
        entity = try fields.optional(6)
        terms = MailTerms(
            notBefore: try fields.optional(7) ?? Timestamp(milliseconds: 0),
            priority: try fields.optional(8) ?? .normal, expires: try fields.optional(9))
        let way: String? = try fields.optional(10)
        let kind: String? = try fields.optional(11)
        let id: String? = try fields.optional(12)
        source = MailSource(
            way.flatMap { MailSource.Way(rawValue: $0) },
            contact: kind.flatMap { MailContact.Kind(rawValue: $0) }
                .flatMap { kind in id.flatMap { MailContact(kind, $0) } })
    }
}

extension RouteReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, host)
            fields.field(3, port)
            fields.field(4, security)
            fields.field(5, cause)
            fields.field(6, milliseconds)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "route report")
        account = try fields.required(1)
        host = try fields.required(2)
        port = try fields.required(3)
        security = try fields.required(4)
        cause = try fields.required(5)
        milliseconds = try fields.required(6)
    }
}
