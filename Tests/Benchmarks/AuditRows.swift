import SyncCore

/// The rows that both subject and peer replicate: audit entries of exactly 129 bytes, of which
/// some 20 are unpredictable, as identifiers and times are.
enum AuditRows {
    /// The kind of these records: no view folds it.
    static let kind = "bench.note"
    /// How many bytes the body of a record has.
    static let bodyByteCount = 129

    private static let prefixByteCount = 2

    /// One row; the same number gives the same row in every run.
    static func body(_ number: Int) -> Bytes {
        // Two bytes of head stand before a byte string of this length.
        let digest = Digest(of: Array("row \(number)".utf8)).bytes
        let message = Digest(of: [UInt8](digest.prefix(8))).bytes.prefix(6)
        let text =
            "{\"n\":\(number),\"event\":\"mail.sent\",\"mail\":\"\(Array(message).hexadecimal)\","
            + "\"to\":\"cliente\(digest[0])\(digest[1])@example.mx\","
            + "\"ms\":\(Int(digest[2]) * 7),\"reply\":\"250\"}"
        var bytes = Array(text.utf8)
        let count = bodyByteCount - prefixByteCount
        precondition(bytes.count <= count, "A row leaves room for its padding.")
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: count - bytes.count)
        return Bytes(bytes)
    }
}
