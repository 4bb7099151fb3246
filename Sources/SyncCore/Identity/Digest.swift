import CCrypto
import CSodium

/// A SHA-256 hash.
package struct Digest: Hashable, Sendable {
    // Big-endian words, so that they compare as the bytes do; an array would be an allocation for
    // each of the hashes of each record.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes 32 bytes that were received.
    ///
    /// Another length is refused.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        words = bytes.withUnsafeBytes { Self.words($0) }
    }

    /// Hashes bytes.
    package init(of content: [UInt8]) {
        var stream = DigestStream()
        stream.update(content[...])
        self = stream.finish()
    }

    /// Hashes two parts as if they were one sequence.
    package init(of first: [UInt8], _ second: [UInt8]) {
        var stream = DigestStream()
        stream.update(first[...])
        stream.update(second[...])
        self = stream.finish()
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
        words = hash.withUnsafeBytes { Self.words($0) }
    }

    /// Takes the hash that lies in memory.
    init(in memory: UnsafeRawBufferPointer) {
        precondition(memory.count == Self.byteCount, "A hash has 32 bytes.")
        words = Self.words(memory)
    }

    /// The hash before any record: 32 zeros.
    package static let zero = Digest(zeros: ())

    /// How many bytes a hash has.
    package static let byteCount = 32

    private init(zeros: Void) {
        words = (0, 0, 0, 0)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            withBytes { UnsafeMutableRawBufferPointer(buffer).copyBytes(from: $0) }
            count = Self.byteCount
        }
    }

    /// Lends the 32 bytes.
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        let ordered = (
            words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian
        )
        return try Swift.withUnsafeBytes(of: ordered, body)
    }

    private static func words(
        _ bytes: UnsafeRawBufferPointer
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        return (word(0), word(1), word(2), word(3))
    }

    package static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension Digest: Comparable {
    package static func < (a: Digest, b: Digest) -> Bool { a.words < b.words }
}

extension Digest: CustomStringConvertible {
    /// The hash in hexadecimal.
    package var description: String { bytes.hexadecimal }
}
