/// What a hub signs about everything it accepted: how many signed heads there are, and the root
/// of the tree over them.
///
/// A hub that shows two devices different histories has to sign two trees. Each device demands a
/// proof that the tree it was shown before is the beginning of the present one, and puts the
/// newest checkpoint into every head it signs; so one record that crosses between two groups
/// brings the proof with it.
package struct Checkpoint: Hashable, Sendable {
    package let organisation: Digest
    /// The hub that signs.
    package let hub: DeviceID
    /// The life of the hub in which it was signed.
    package let incarnation: Incarnation
    /// How many heads there are.
    package let size: UInt64
    package let root: Digest
    package let time: Timestamp
    /// The checkpoint as the hub encoded it.
    package let bytes: [UInt8]
    private let signature: Signature

    /// Signs a checkpoint.
    package init(
        organisation: Digest, of hub: DeviceIdentity, size: UInt64, root: Digest, time: Timestamp
    ) {
        self.organisation = organisation
        self.hub = hub.id
        incarnation = hub.incarnation
        self.size = size
        self.root = root
        self.time = time
        let content = Self.content(organisation, hub.id, hub.incarnation, size, root, time)
        signature = hub.signingKey.signature(over: content, for: .checkpoint)
        var writer = CBORWriter()
        let signature = signature
        writer.fields { fields in
            fields.field(1, Bytes(content))
            fields.field(2, signature)
        }
        bytes = writer.bytes
    }

    /// Takes a checkpoint as it was received; nothing is verified yet.
    package init(bytes: [UInt8]) throws(CodingError) {
        guard bytes.count <= FeedHead.checkpointByteCountMaximum else {
            throw CodingError(.limit, in: "checkpoint")
        }
        var reader = CBORReader(bytes)
        let outer = try reader.fields(in: "checkpoint")
        try reader.finish()
        signature = try outer.required(2)
        let content = try outer.required(1, Bytes.self).bytes
        var inner = CBORReader(content)
        let fields = try inner.fields(in: "checkpoint")
        try inner.finish()
        organisation = try fields.required(1)
        hub = try fields.required(2)
        incarnation = try fields.required(3)
        size = try fields.position(4, in: "checkpoint size")
        root = try fields.required(5)
        time = try fields.required(6)
        self.bytes = bytes
        guard size > 0, content == Self.content(organisation, hub, incarnation, size, root, time)
        else { throw CodingError(.value, in: "checkpoint") }
    }

    /// Whether a hub of this organisation signed it.
    package func isSigned(in membership: Membership) -> Bool {
        guard organisation == membership.organisation, membership.isHub(hub),
            let key = membership.verificationKey(of: hub)
        else { return false }
        return isSigned(by: key)
    }

    /// Whether a key signed it.
    package func isSigned(by key: VerificationKey) -> Bool {
        let content = Self.content(organisation, hub, incarnation, size, root, time)
        return key.deviceID == hub && key.isValid(signature, over: content, for: .checkpoint)
    }

    private static func content(
        _ organisation: Digest, _ hub: DeviceID, _ incarnation: Incarnation, _ size: UInt64,
        _ root: Digest, _ time: Timestamp
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, organisation)
            fields.field(2, hub)
            fields.field(3, incarnation)
            fields.field(4, size)
            fields.field(5, root)
            fields.field(6, time)
        }
        return writer.bytes
    }
}

/// Shows that the tree at one size is the beginning of the newest one.
package struct ConsistencyProof: Hashable, Sendable, CBOREncodable, CBORDecodable {
    package let size: UInt64
    package let hashes: [Digest]

    package init(size: UInt64, hashes: [Digest]) {
        self.size = size
        self.hashes = hashes
    }

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, size)
            fields.field(2, list: hashes)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "consistency proof")
        size = try fields.position(1, in: "consistency proof")
        hashes = try fields.list(2, maximum: MerkleTree.proofMaximum)
    }
}
