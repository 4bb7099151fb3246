import CSodium

/// A SHA-256 hash.
package struct Digest: Hashable, Comparable, Sendable {
    /// The 32 bytes.
    package let bytes: [UInt8]

    /// Takes 32 bytes that were received.
    ///
    /// Another length is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Hashes bytes.
    package init(of content: [UInt8]) {
        var hash = [UInt8](repeating: 0, count: Self.byteCount)
        crypto_hash_sha256(&hash, content, UInt64(content.count))
        bytes = hash
    }

    /// Hashes two parts as if they were one sequence.
    package init(of first: [UInt8], _ second: [UInt8]) {
        var state = crypto_hash_sha256_state()
        crypto_hash_sha256_init(&state)
        crypto_hash_sha256_update(&state, first, UInt64(first.count))
        crypto_hash_sha256_update(&state, second, UInt64(second.count))
        var hash = [UInt8](repeating: 0, count: Self.byteCount)
        crypto_hash_sha256_final(&state, &hash)
        bytes = hash
    }

    /// Hashes a secret, which is read where it lies.
    package init(of secret: SecretBytes) {
        var state = crypto_hash_sha256_state()
        var hash = [UInt8](repeating: 0, count: Self.byteCount)
        crypto_hash_sha256_init(&state)
        secret.withBytes { secret in
            guard let start = secret.baseAddress else { return }
            crypto_hash_sha256_update(
                &state, start.assumingMemoryBound(to: UInt8.self), UInt64(secret.count))
        }
        crypto_hash_sha256_final(&state, &hash)
        // The state holds the last block of what it hashed.
        sodium_memzero(&state, MemoryLayout.size(ofValue: state))
        bytes = hash
    }

    /// The hash before any record: 32 zeros.
    package static let zero = Digest(zeros: ())

    /// How many bytes a hash has.
    package static let byteCount = 32

    private init(zeros: Void) {
        bytes = [UInt8](repeating: 0, count: Self.byteCount)
    }

    package static func < (a: Digest, b: Digest) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}

extension Digest: CustomStringConvertible {
    /// The hash in hexadecimal.
    package var description: String { bytes.hexadecimal }
}
