/// One entry of the chain that says who belongs.
///
/// The chain has many writers, so each entry names the one before, and the hub admits one
/// successor only. The hub orders; it cannot sign.
package struct MembershipEntry: Hashable, Sendable {
    /// The version of this form.
    package static let version: UInt64 = 1
    /// How many bytes an entry may have.
    package static let byteCountMaximum = 256 * 1024

    /// Its place in the chain, from 1.
    package let height: UInt64
    /// The hash of the entry before, or zeros for genesis.
    package let previous: Digest
    package let change: MembershipChange
    /// The device that made it.
    package let author: DeviceID
    /// Signatures: the author's, and for `joined` also the invitation's.
    package let signatures: [Signature]
    /// The entry exactly as it was encoded first.
    package let bytes: [UInt8]
    /// The hash of those bytes.
    package let hash: Digest

    /// What was signed, exactly as its author encoded it: a later version may have written more
    /// into it than this one reads.
    private let content: [UInt8]

    /// Makes and signs an entry.
    ///
    /// - Parameters:
    ///   - change: What it changes.
    ///   - height: Its place in the chain.
    ///   - previous: The hash of the entry before.
    ///   - key: The author's key.
    ///   - invitationKey: The invitation's key, for `joined`.
    package init(
        _ change: MembershipChange, height: UInt64, previous: Digest, signedBy key: SigningKey,
        and invitationKey: SigningKey? = nil
    ) {
        let author = key.verificationKey.deviceID
        let content = Self.signedContent(height, previous, change, author)
        let keys = [key] + (invitationKey.map { [$0] } ?? [])
        self.height = height
        self.previous = previous
        self.change = change
        self.author = author
        signatures = keys.map { $0.signature(over: content, for: .membership) }
        self.content = content
        bytes = Self.encode(content, signatures)
        hash = Digest(of: bytes)
    }

    /// Takes an entry as it was stored or received.
    ///
    /// Nothing is verified yet.
    ///
    /// Around the signed content nothing may be added, left out or written differently: whoever
    /// passes an entry on could otherwise give it another hash, and so split the chain.
    package init(bytes: [UInt8]) throws(CodingError) {
        guard bytes.count <= Self.byteCountMaximum else {
            throw CodingError(.limit, in: "membership entry")
        }
        var reader = CBORReader(bytes)
        let outer = try reader.fields(in: "membership entry")
        try reader.finish()
        content = try outer.required(1, Bytes.self).bytes
        signatures = try outer.list(2, maximum: 2)
        guard bytes == Self.encode(content, signatures) else {
            throw CodingError(.notCanonical, in: "membership entry")
        }
        var inner = CBORReader(content)
        let fields = try inner.fields(in: "membership entry")
        try inner.finish()
        guard try fields.required(1, UInt64.self) == Self.version else {
            throw CodingError(.value, in: "membership version")
        }
        height = try fields.position(2, in: "membership height")
        previous = try fields.required(3)
        author = try fields.required(4)
        change = try fields.required(5)
        self.bytes = bytes
        hash = Digest(of: bytes)
        guard signatures.count == change.signaturesCount else {
            throw CodingError(.value, in: "membership signatures")
        }
    }

    /// Whether the signature at a place was made by a key over this entry.
    func isSigned(by key: VerificationKey, at index: Int) -> Bool {
        guard signatures.indices.contains(index) else { return false }
        return key.isValid(signatures[index], over: content, for: .membership)
    }

    private static func signedContent(
        _ height: UInt64, _ previous: Digest, _ change: MembershipChange, _ author: DeviceID
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, version)
            fields.field(2, height)
            fields.field(3, previous)
            fields.field(4, author)
            fields.field(5, change)
        }
        return writer.bytes
    }

    private static func encode(_ content: [UInt8], _ signatures: [Signature]) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, Bytes(content))
            fields.field(2, list: signatures)
        }
        return writer.bytes
    }
}
