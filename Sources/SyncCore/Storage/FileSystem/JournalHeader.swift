/// The header of a rollback journal, as SQLite writes it, and the tag behind it.
struct JournalHeader {
    /// What SQLite reads first of a header.
    static let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    /// A header fills a sector.
    static let sectorBytes = 512
    /// The start of a header that SQLite writes again: the magic and the number of records.
    static let startBytes = 12
    /// Where the tag lies, behind the 28 bytes that have a meaning.
    static let taggedRange = 28..<36
    /// The bytes that have a meaning, and their tag.
    static let taggedBytes = 36

    /// Every how many bytes, counted from the end of a page, SQLite takes one for its checksum.
    private static let sumStride = 200

    let bytes: [UInt8]
    let offset: Int64

    /// Makes a header of at least its first 36 bytes.
    init(_ bytes: [UInt8], at offset: Int64) {
        precondition(bytes.count >= Self.taggedBytes, "A header was cut.")
        self.bytes = bytes
        self.offset = offset
    }

    /// The random number at which the checksums of this journal's records begin.
    var checksumStart: UInt32 { bytes.withUnsafeBytes { $0.number(at: 12) } }

    /// What a page of this journal is bound to.
    func place(at offset: Int64) -> PageCipher.Place {
        PageCipher.Place(offset: offset, salts: UInt64(checksumStart))
    }

    /// Authenticates the header and its place.
    func tag(by mask: ChecksumMask) -> [UInt8] {
        var input = Array(bytes[..<Self.taggedRange.lowerBound])
        withUnsafeBytes(of: offset.bigEndian) { input += $0 }
        return input.withUnsafeBytes { mask.journalTag($0) }
    }

    /// What SQLite adds up of a page.
    static func sum(of page: UnsafeRawBufferPointer) -> UInt32 {
        stride(from: page.count - sumStride, to: 0, by: -sumStride).reduce(0) { sum, index in
            sum &+ UInt32(page[index])
        }
    }
}
