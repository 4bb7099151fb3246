/// What an origin commits to when it offers a message: the body of its `mail.offered` record.
///
/// By that record custody passes to the hub. The hub and the senders can read it; the mail
/// itself is in the sealed manifest, which only senders can open.
package struct MailOffer: Hashable, Sendable {
    /// How many recipients a message may have.
    package static let recipientsMaximum = 1000

    package let message: MessageID
    /// The branch the mail belongs to.
    package let branch: BranchID
    /// The person it is sent for.
    package let user: UserID
    /// The mail's type, such as `cotizacion`.
    package let type: String
    package let recipients: [String]
    /// How many bytes the mail has.
    package let byteCount: UInt64
    package let created: Timestamp
    /// The epoch the manifest was sealed under.
    package let epoch: UInt64
    /// The key of the blob and what only senders may know, sealed for the epoch.
    package let manifest: [UInt8]
    /// The sealed blob that holds the mail.
    package let blob: Digest
    /// The life of the hub that the origin knew; a hub that went back tells by it what was offered
    /// to a former life.
    package let hub: Incarnation?
    /// Whether it goes before others or after them.
    package let priority: MailPriority
    /// How much of its time was left when it was offered; nil if it has no end.
    ///
    /// A length, because the hub's clock and the origin's may differ.
    package let lifetime: Duration?

    package init(
        message: MessageID, branch: BranchID, user: UserID, type: String, recipients: [String],
        byteCount: UInt64, created: Timestamp, epoch: UInt64, manifest: [UInt8], blob: Digest,
        hub: Incarnation? = nil, priority: MailPriority = .normal, lifetime: Duration? = nil
    ) {
        self.message = message
        self.branch = branch
        self.user = user
        self.type = type
        self.recipients = recipients
        self.byteCount = byteCount
        self.created = created
        self.epoch = epoch
        self.manifest = manifest
        self.blob = blob
        self.hub = hub
        self.priority = priority
        self.lifetime = lifetime
    }

    /// The kind of the record that holds an offer.
    package static let recordKind = "mail.offered"
}

extension MailOffer: CBOREncodable, CBORDecodable {
    private static let manifestByteCountMaximum = 64 * 1024

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, message)
            fields.field(2, branch)
            fields.field(3, user)
            fields.field(4, type)
            fields.field(5, list: recipients)
            fields.field(6, byteCount)
            fields.field(7, created)
            fields.field(8, epoch)
            fields.field(9, Bytes(manifest))
            fields.field(10, blob)
            fields.field(11, hub)
            // The usual priority is left out, so that older records read the same.
            fields.field(12, priority == .normal ? nil : priority)
            if let lifetime { fields.field(13) { $0.duration(lifetime) } }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "mail offer")
        message = try fields.required(1)
        branch = try fields.required(2)
        user = try fields.required(3)
        type = try fields.required(4)
        recipients = try fields.list(5, maximum: Self.recipientsMaximum)
        byteCount = try fields.required(6)
        created = try fields.required(7)
        epoch = try fields.required(8)
        manifest = try fields.required(9) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Self.manifestByteCountMaximum, in: "manifest")
        }
        blob = try fields.required(10)
        hub = try fields.optional(11)
        priority = try fields.optional(12) ?? .normal
        lifetime = try fields.optional(13) { (reader) throws(CodingError) in
            try reader.duration(maximum: MailTerms.lifetimeMaximum, in: "lifetime")
        }
    }
}
