import CCrypto

/// A SHA-256 hash of content that comes in pieces.
package struct DigestStream {
    private var state = SHA256_CTX()

    package init() {
        Self.check(SHA256_Init(&state))
    }

    /// Takes the next piece.
    package mutating func update(_ piece: ArraySlice<UInt8>) {
        piece.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            Self.check(SHA256_Update(&state, start, bytes.count))
        }
    }

    /// The hash of all pieces; nothing may be added afterwards.
    package mutating func finish() -> Digest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Digest.byteCount) { buffer in
            Self.check(SHA256_Final(buffer.baseAddress, &state))
            return Digest(in: UnsafeRawBufferPointer(buffer))
        }
    }

    private static func check(_ result: Int32) {
        precondition(result == 1, "Hashing does not fail.")
    }
}
