import CSodium

/// A SHA-256 hash of content that comes in pieces.
package struct DigestStream {
    private var state = crypto_hash_sha256_state()

    package init() {
        crypto_hash_sha256_init(&state)
    }

    /// Takes the next piece.
    package mutating func update(_ piece: ArraySlice<UInt8>) {
        piece.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            crypto_hash_sha256_update(&state, start, UInt64(bytes.count))
        }
    }

    /// The hash of all pieces; nothing may be added afterwards.
    package mutating func finish() -> Digest {
        var hash = [UInt8](repeating: 0, count: Digest.byteCount)
        crypto_hash_sha256_final(&state, &hash)
        guard let digest = Digest(bytes: hash) else {
            preconditionFailure("SHA-256 has 32 bytes.")
        }
        return digest
    }
}
