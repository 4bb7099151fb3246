/// The last record of a feed at some moment, signed by the feed's device.
///
/// The signature covers the whole chain up to there, because each record names the hash of the
/// one before.
package struct FeedHead: Hashable, Sendable {
    package let feed: FeedID
    package let sequence: UInt64
    package let hash: Digest
    /// The last checkpoint of the hub that the device had seen, as the hub encoded it.
    package let checkpoint: [UInt8]?
    package let signature: Signature

    /// How many bytes a checkpoint may have.
    package static let checkpointByteCountMaximum = 4096

    /// Signs a head.
    package init(
        organisation: Digest, feed: FeedID, sequence: UInt64, hash: Digest,
        checkpoint: [UInt8]?, key: SigningKey
    ) {
        self.feed = feed
        self.sequence = sequence
        self.hash = hash
        self.checkpoint = checkpoint
        let content = Self.signedContent(organisation, feed, sequence, hash, checkpoint)
        signature = key.signature(over: content, for: .feedHead)
    }

    /// Whether the feed's device signed this head for this organisation.
    package func isSigned(by key: VerificationKey, in organisation: Digest) -> Bool {
        let content = Self.signedContent(organisation, feed, sequence, hash, checkpoint)
        return key.isValid(signature, over: content, for: .feedHead)
    }

    private static func signedContent(
        _ organisation: Digest, _ feed: FeedID, _ sequence: UInt64, _ hash: Digest,
        _ checkpoint: [UInt8]?
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, organisation)
            fields.field(2, feed)
            fields.field(3, sequence)
            fields.field(4, hash)
            fields.field(5, checkpoint.map(Bytes.init))
        }
        return writer.bytes
    }
}

extension FeedHead: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, feed)
            fields.field(2, sequence)
            fields.field(3, hash)
            fields.field(4, checkpoint.map(Bytes.init))
            fields.field(5, signature)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "feed head")
        feed = try fields.required(1)
        sequence = try fields.position(2, in: "feed head sequence")
        hash = try fields.required(3)
        checkpoint = try fields.optional(4) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Self.checkpointByteCountMaximum, in: "checkpoint")
        }
        signature = try fields.required(5)
    }
}
