import CSodium

/// The public half of a sealing key (X25519): whoever has it can seal for its owner.
package struct SealingTarget: Hashable, Sendable {
    /// The 32 bytes of the key.
    package let bytes: [UInt8]

    /// How many bytes a key has.
    package static let byteCount = Int(crypto_box_PUBLICKEYBYTES)

    /// Takes bytes that were received; another number than 32 is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Seals content so that only the owner of the other half can open it.
    ///
    /// The seal proves nothing about who made it: what is inside must be signed, or its
    /// commitment must be (`crypto_box_seal`, 48 bytes longer than the content).
    package func seal(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: content.count + crypto_box_sealbytes())
        let result = crypto_box_seal(
            &sealed, content.baseAddress?.assumingMemoryBound(to: UInt8.self),
            UInt64(content.count), bytes)
        precondition(result == 0, "Sealing fails only for a key of low order.")
        return sealed
    }

    /// Seals bytes that are not secret on this machine.
    package func seal(_ content: [UInt8]) -> [UInt8] {
        content.withUnsafeBytes { seal($0) }
    }

    /// Seals a secret.
    package func seal(_ secret: SecretBytes) -> [UInt8] {
        secret.withBytes { seal($0) }
    }

    /// Whether anything can be sealed for this key at all: keys of low order would give
    /// everybody the same shared secret, and are refused where keys are received.
    package var isUsable: Bool {
        var scalar = [UInt8](repeating: 0, count: 32)
        scalar[0] = 8
        var product = [UInt8](repeating: 0, count: 32)
        return crypto_scalarmult(&product, scalar, bytes) == 0
    }
}

/// A sealing key, both halves.
package struct SealingKey: Sendable {
    /// The half that others know.
    package let target: SealingTarget
    private let secret: SecretBytes

    /// How many bytes a seed has.
    package static let seedByteCount = Int(crypto_box_SEEDBYTES)

    /// Makes a new key.
    package init(randomFrom environment: Environment) {
        self.init(seed: SecretBytes(randomCount: Self.seedByteCount, from: environment))
    }

    /// Derives the key from its 32-byte seed, which is how keys are stored.
    package init(seed: SecretBytes) {
        precondition(seed.count == Self.seedByteCount, "A sealing seed has 32 bytes.")
        var publicBytes = [UInt8](repeating: 0, count: SealingTarget.byteCount)
        secret = SecretBytes(count: Int(crypto_box_SECRETKEYBYTES)) { target in
            seed.withBytes { seed in
                guard let target = target.baseAddress, let seed = seed.baseAddress else { return }
                crypto_box_seed_keypair(
                    &publicBytes, target.assumingMemoryBound(to: UInt8.self),
                    seed.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard let target = SealingTarget(bytes: publicBytes) else {
            preconditionFailure("libsodium makes keys of 32 bytes.")
        }
        self.target = target
    }

    /// Opens what was sealed for this key, or returns nothing if it was not, or was changed.
    package func open(_ sealed: [UInt8]) -> SecretBytes? {
        let count = sealed.count - crypto_box_sealbytes()
        guard count >= 0 else { return nil }
        var isOpen = false
        let content = SecretBytes(count: count) { content in
            secret.withBytes { secret in
                guard let secret = secret.baseAddress else { return }
                // A seal over nothing still needs an address to write no bytes to.
                var nothing: UInt8 = 0
                isOpen = withUnsafeMutablePointer(to: &nothing) { nothing in
                    crypto_box_seal_open(
                        content.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing, sealed,
                        UInt64(sealed.count), target.bytes,
                        secret.assumingMemoryBound(to: UInt8.self)) == 0
                }
            }
        }
        return isOpen ? content : nil
    }

    /// The secret that this key shares with another, or nothing for a key of low order.
    package func sharedSecret(with other: SealingTarget) -> SecretBytes? {
        var isUsable = false
        let shared = SecretBytes(count: Int(crypto_scalarmult_BYTES)) { shared in
            secret.withBytes { secret in
                guard let shared = shared.baseAddress, let secret = secret.baseAddress else {
                    return
                }
                isUsable =
                    crypto_scalarmult(
                        shared.assumingMemoryBound(to: UInt8.self),
                        secret.assumingMemoryBound(to: UInt8.self), other.bytes) == 0
            }
        }
        return isUsable ? shared : nil
    }
}

extension SealingTarget: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        bytes = try reader.byteString(count: Self.byteCount)
    }
}
