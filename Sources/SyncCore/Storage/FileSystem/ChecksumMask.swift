import CSodium

/// Hides the checksums that SQLite computes over plaintext and stores beside it.
struct ChecksumMask {
    /// Keys SipHash for the log's checksums.
    let logKey: SecretBytes
    /// Keys SipHash for the journal's checksums.
    let journalKey: SecretBytes

    private static let rounds = 6

    /// Masks the checksum of a frame's header, in place.
    ///
    /// The header's other fields and its offset in the log are the tweak.
    func hide(_ header: UnsafeMutableRawBufferPointer, at offset: Int64) {
        var (left, right) = halves(of: header)
        for round in 0..<Self.rounds {
            (left, right) = (right, left ^ mix(right, round, header, offset))
        }
        store(left, right, in: header)
    }

    /// Undoes ``hide(_:at:)``.
    func reveal(_ header: UnsafeMutableRawBufferPointer, at offset: Int64) {
        var (left, right) = halves(of: header)
        for round in (0..<Self.rounds).reversed() {
            (left, right) = (right ^ mix(left, round, header, offset), left)
        }
        store(left, right, in: header)
    }

    /// The mask of the checksum of a journal record, drawn from its page's nonce.
    func journalMask(nonce: UnsafeRawBufferPointer) -> UInt32 {
        precondition(nonce.count == PageLayout.nonceBytes)
        return UInt32(truncatingIfNeeded: hash(nonce, key: journalKey))
    }

    /// The tag of a journal's header, whose length differs from a nonce's.
    func journalTag(_ header: UnsafeRawBufferPointer) -> [UInt8] {
        precondition(header.count != PageLayout.nonceBytes)
        return withUnsafeBytes(of: hash(header, key: journalKey).littleEndian) { Array($0) }
    }

    private func halves(of header: UnsafeMutableRawBufferPointer) -> (UInt32, UInt32) {
        let header = UnsafeRawBufferPointer(header)
        return (header.number(at: 16), header.number(at: 20))
    }

    private func store(
        _ left: UInt32, _ right: UInt32, in header: UnsafeMutableRawBufferPointer
    ) {
        header.store(left, at: 16)
        header.store(right, at: 20)
    }

    private func mix(
        _ half: UInt32, _ round: Int, _ header: UnsafeMutableRawBufferPointer, _ offset: Int64
    ) -> UInt32 {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { input in
            let salts = UnsafeRawBufferPointer(rebasing: header[8..<16])
            input.copyBytes(from: salts)
            input.store(offset, at: 8)
            input.store(UInt32(round), at: 16)
            input.store(half, at: 20)
            return UInt32(
                truncatingIfNeeded: hash(UnsafeRawBufferPointer(input), key: logKey))
        }
    }

    private func hash(_ input: UnsafeRawBufferPointer, key: SecretBytes) -> UInt64 {
        var hash: UInt64 = 0
        withUnsafeMutableBytes(of: &hash) { target in
            key.withBytes { key in
                _ = crypto_shorthash(
                    byte(target.baseAddress), byte(input.baseAddress), UInt64(input.count),
                    byte(key.baseAddress))
            }
        }
        return UInt64(littleEndian: hash)
    }
}
