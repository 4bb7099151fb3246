/// What a record says of itself, in the bytes that are hashed and never encoded again.
package struct RecordHeader: Hashable, Sendable {
    /// The version of this form.
    package static let version: UInt64 = 1
    // A later version adds its fields behind this one.
    fileprivate static let lastKey: UInt64 = 12
    /// How many bytes most headers stay below.
    static let byteCountUsual = 288
    /// How many bytes a header may have, a full clock included.
    package static let byteCountMaximum = 1 << 20
    /// How many bytes a body may have.
    package static let bodyByteCountMaximum = 1 << 20

    /// The organisation, by the hash of its genesis.
    package let organisation: Digest
    package let feed: FeedID
    /// The record's place in its feed, from 1.
    package let sequence: UInt64
    /// The hash of the record before, or zeros for the first.
    package let previous: Digest
    /// What its author had seen, if that changed since the record before.
    package let clock: VersionVector?
    /// How many membership entries its author knew.
    package let membershipHeight: UInt64
    package let time: HybridTime
    /// Who caused it: a user, or `uid:N`, or `agent`.
    package let actor: String
    /// What it is, such as `config.write`.
    package let kind: String
    package let bodyByteCount: UInt64
    /// SHA-256(salt ‖ body): the body can be erased, and still be proved later.
    package let commitment: Digest

    package init(
        organisation: Digest, feed: FeedID, sequence: UInt64, previous: Digest,
        clock: VersionVector?, membershipHeight: UInt64, time: HybridTime, actor: String,
        kind: String, bodyByteCount: UInt64, commitment: Digest
    ) {
        self.organisation = organisation
        self.feed = feed
        self.sequence = sequence
        self.previous = previous
        self.clock = clock
        self.membershipHeight = membershipHeight
        self.time = time
        self.actor = actor
        self.kind = kind
        self.bodyByteCount = bodyByteCount
        self.commitment = commitment
    }
}

/// What a record holds, which can be erased without breaking the chain.
package struct RecordContent: Hashable, Sendable {
    /// 32 random bytes, so that a short body cannot be guessed from its commitment.
    package let salt: [UInt8]
    package let body: [UInt8]

    /// How many bytes a salt has.
    package static let saltByteCount = 32

    package init(salt: [UInt8], body: [UInt8]) {
        self.salt = salt
        self.body = body
    }

    /// What the header of the record says of this content.
    package var commitment: Digest { Digest(of: salt, body) }
}

/// One entry of a feed.
package struct Record: Hashable, Sendable {
    package let header: RecordHeader
    /// The header exactly as its author encoded it.
    package let headerBytes: [UInt8]
    /// The hash of the header's bytes, which the next record names.
    package let hash: Digest
    /// The content, unless it was erased.
    package let content: RecordContent?
    /// Whether the header's bytes say nothing but what this version knows, and can therefore
    /// be made again from the header.
    package let isPlain: Bool

    /// Makes a record from a header that is encoded here for the first time, or again after a
    /// journey; it must commit to the content.
    package init(header: RecordHeader, content: RecordContent?) {
        self.header = header
        var writer = CBORWriter(capacity: RecordHeader.byteCountUsual)
        writer.value(header)
        headerBytes = writer.bytes
        hash = Digest(of: headerBytes)
        self.content = content
        isPlain = true
    }

    /// Takes a record as it was stored or received.
    ///
    /// - Throws: ``CodingError`` if the header has another form, or did not commit to the
    ///   content.
    package init(headerBytes: [UInt8], content: RecordContent?) throws(CodingError) {
        var reader = CBORReader(headerBytes)
        var isPlain = false
        header = try RecordHeader(from: &reader, isPlain: &isPlain)
        try reader.finish(in: "record")
        self.isPlain = isPlain
        self.headerBytes = headerBytes
        hash = Digest(of: headerBytes)
        if let content {
            guard content.salt.count == RecordContent.saltByteCount,
                UInt64(content.body.count) == header.bodyByteCount,
                content.commitment == header.commitment
            else { throw CodingError(.value, in: "record content") }
        }
        self.content = content
    }
}

extension RecordHeader: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, Self.version)
            fields.field(2, organisation)
            fields.field(3, feed)
            fields.field(4, sequence)
            fields.field(5, previous)
            fields.field(6, clock)
            fields.field(7, membershipHeight)
            fields.field(8, time)
            fields.field(9, actor)
            fields.field(10, kind)
            fields.field(11, bodyByteCount)
            fields.field(Self.lastKey, commitment)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        var isPlain = false
        try self.init(from: &reader, isPlain: &isPlain)
    }

    /// Reads a header, and whether it says only what this version knows.
    fileprivate init(
        from reader: inout CBORReader, isPlain: inout Bool
    ) throws(CodingError) {
        var fields = try reader.fieldSequence(in: "record")
        guard try fields.required(1, from: &reader) == Self.version else {
            throw CodingError(.value, in: "record version")
        }
        organisation = try fields.required(2, from: &reader)
        feed = try fields.required(3, from: &reader)
        sequence = try fields.required(4, from: &reader) { (reader) throws(CodingError) in
            try reader.position(in: "record sequence")
        }
        previous = try fields.required(5, from: &reader)
        clock = try fields.optional(6, from: &reader)
        membershipHeight = try fields.required(7, from: &reader) {
            (reader) throws(CodingError) in
            try reader.position(in: "record membership height")
        }
        time = try fields.required(8, from: &reader)
        actor = try fields.required(9, from: &reader, Self.actor)
        kind = try fields.required(10, from: &reader, Self.kind)
        bodyByteCount = try fields.required(11, from: &reader, Self.bodyByteCount)
        commitment = try fields.required(Self.lastKey, from: &reader)
        isPlain = try !fields.finish(&reader)
        guard sequence > 0 else { throw CodingError(.value, in: "record sequence") }
    }

    /// Reads who caused a record.
    static func actor(_ reader: inout CBORReader) throws(CodingError) -> String {
        try reader.text(maximum: 64, in: "record actor")
    }

    /// Reads what a record is.
    static func kind(_ reader: inout CBORReader) throws(CodingError) -> String {
        try reader.text(maximum: 40, in: "record kind")
    }

    /// Reads how long a record's body is.
    static func bodyByteCount(_ reader: inout CBORReader) throws(CodingError) -> UInt64 {
        try reader.unsigned(maximum: UInt64(bodyByteCountMaximum), in: "record body")
    }
}
