import CSodium

/// What a signature is made for.
///
/// The purpose is signed with the content, so that a signature made for one thing can never
/// be shown for another.
package enum SignaturePurpose: String, Sendable, CaseIterable {
    case feedHead = "syncmail feed head 1"
    case membership = "syncmail membership entry 1"
    case joining = "syncmail joining 1"
    case request = "syncmail request 1"
    case checkpoint = "syncmail checkpoint 1"
    case export = "syncmail export 1"
    case manifest = "syncmail manifest 1"
    case backup = "syncmail backup 1"

    fileprivate var prefix: [UInt8] { Array(rawValue.utf8) + [0] }
}

/// The public half of a signing key (Ed25519): whoever has it can check signatures.
package struct VerificationKey: Hashable, Sendable {
    /// The 32 bytes of the key.
    package let bytes: [UInt8]

    /// How many bytes a key has.
    package static let byteCount = Int(crypto_sign_PUBLICKEYBYTES)

    /// Takes bytes that were received; another number than 32 is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Whether a signature over this content was made with the other half, for this purpose.
    package func isValid(
        _ signature: Signature, over content: [UInt8], for purpose: SignaturePurpose
    ) -> Bool {
        let signed = purpose.prefix + content
        return crypto_sign_verify_detached(
            signature.bytes, signed, UInt64(signed.count), bytes) == 0
    }

    /// The name of the device that holds the other half.
    package var deviceID: DeviceID {
        DeviceID(
            validated: Array(Digest(of: Array("syncmail device 1".utf8), bytes).bytes.prefix(16)))
    }
}

/// An Ed25519 signature.
package struct Signature: Hashable, Sendable {
    /// The 64 bytes.
    package let bytes: [UInt8]

    /// How many bytes a signature has.
    package static let byteCount = Int(crypto_sign_BYTES)

    /// Takes bytes that were received; another number than 64 is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    fileprivate init(made bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// A device's signing key, both halves.
package struct SigningKey: Sendable {
    /// The half that others know.
    package let verificationKey: VerificationKey
    private let secret: SecretBytes

    /// How many bytes a seed has.
    package static let seedByteCount = Int(crypto_sign_SEEDBYTES)

    /// Makes a new key.
    package init(randomFrom environment: Environment) {
        self.init(seed: SecretBytes(randomCount: Self.seedByteCount, from: environment))
    }

    /// Derives the key from its 32-byte seed, which is how keys are stored.
    package init(seed: SecretBytes) {
        precondition(seed.count == Self.seedByteCount, "A signing seed has 32 bytes.")
        var publicBytes = [UInt8](repeating: 0, count: VerificationKey.byteCount)
        secret = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { target in
            seed.withBytes { seed in
                guard let target = target.baseAddress, let seed = seed.baseAddress else { return }
                crypto_sign_seed_keypair(
                    &publicBytes, target.assumingMemoryBound(to: UInt8.self),
                    seed.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard let key = VerificationKey(bytes: publicBytes) else {
            preconditionFailure("libsodium makes keys of 32 bytes.")
        }
        verificationKey = key
    }

    /// Signs content for a purpose.
    ///
    /// Ed25519 is deterministic: the same call, the same bytes.
    package func signature(over content: [UInt8], for purpose: SignaturePurpose) -> Signature {
        let signed = purpose.prefix + content
        var bytes = [UInt8](repeating: 0, count: Signature.byteCount)
        secret.withBytes { secret in
            guard let secret = secret.baseAddress else { return }
            crypto_sign_detached(
                &bytes, nil, signed, UInt64(signed.count),
                secret.assumingMemoryBound(to: UInt8.self))
        }
        return Signature(made: bytes)
    }
}

extension VerificationKey: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        bytes = try reader.byteString(count: Self.byteCount)
    }
}

extension Signature: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        bytes = try reader.byteString(count: Self.byteCount)
    }
}
