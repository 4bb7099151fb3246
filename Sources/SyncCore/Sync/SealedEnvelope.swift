/// The outer form of what travels between a device and the hub.
///
/// ```
///   request = "SME1" ‖ hub key id (8) ‖ ephemeral X25519 key (32) ‖ nonce (24) ‖ ciphertext ‖ tag
///   reply   = "SMR1" ‖ nonce (24) ‖ ciphertext ‖ tag (16)
/// ```
///
/// Every request has an ephemeral key of its own, so each direction of each exchange has a key
/// of its own. The seal hides and binds; who speaks is proved by the signature inside.
package enum SealedEnvelope {
    /// The answer of a hub that does not have the key a request was sealed for.
    ///
    /// It is not authentic, because there is no key to make it so: it is a hint to look for
    /// newer membership, never a reason to forget or trust anything.
    package static let unknownHubReply = Array("SMU1 unknown hub key\n".utf8)

    static let requestMagic = Array("SME1".utf8)
    static let replyMagic = Array("SMR1".utf8)
    static let keyIDByteCount = 8
    static let headerByteCount = requestMagic.count + keyIDByteCount + SealingTarget.byteCount

    /// The name of a hub's sealing key: the first 8 bytes of its SHA-256.
    package static func keyID(of target: SealingTarget) -> [UInt8] {
        Array(Digest(of: target.bytes).bytes.prefix(keyIDByteCount))
    }

    /// The part of a request that is not encrypted, but bound.
    static func header(hub: SealingTarget, ephemeral: SealingTarget) -> [UInt8] {
        requestMagic + keyID(of: hub) + ephemeral.bytes
    }

    /// The keys of one exchange, one for each direction.
    static func keys(
        _ shared: SecretBytes, hub: SealingTarget, ephemeral: SealingTarget
    ) -> (request: SymmetricKey, reply: SymmetricKey) {
        func key(_ use: String) -> SymmetricKey {
            SymmetricKey(derivedFrom: shared, for: use, ephemeral.bytes, hub.bytes)
        }
        return (key("syncmail envelope request 1"), key("syncmail envelope reply 1"))
    }

    /// What a reply is bound to: the exact bytes of its request.
    static func replyContext(_ requestHash: Digest) -> [UInt8] {
        replyMagic + requestHash.bytes
    }

    /// Compresses a message, which its maker has kept below the limit.
    static func pack(_ message: some CBOREncodable) -> [UInt8] {
        let bytes = message.canonicalBytes
        precondition(
            bytes.count <= Limits.messageBytesMaximum,
            "Whoever builds a message keeps it below Limits.messageBytesMaximum.")
        return Compression.compress(bytes)
    }

    /// Reads a compressed message.
    static func unpack<Message: CBORDecodable>(
        _ packed: [UInt8], as type: Message.Type = Message.self
    ) throws(CodingError) -> Message {
        try Message(canonicalBytes: try decompress(packed))
    }

    /// Decompresses a message.
    static func decompress(_ packed: [UInt8]) throws(CodingError) -> [UInt8] {
        try Compression.decompress(packed, maximum: Limits.messageBytesMaximum, in: "message")
    }
}
