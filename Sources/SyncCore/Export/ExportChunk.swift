/// A piece of a file of records: some of membership, some batches.
struct ExportChunk: CBOREncodable, CBORDecodable, Sendable {
    /// How many entries of membership, and how many batches, a chunk may have.
    static let entriesMaximum = 512
    static let batchesMaximum = 256

    var entries: [MembershipEntry] = []
    var batches: [FeedBatch] = []

    init(entries: [MembershipEntry] = [], batches: [FeedBatch] = []) {
        self.entries = entries
        self.batches = batches
    }

    func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, list: entries)
            fields.field(2, list: batches)
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "export chunk")
        entries = try fields.list(1, maximum: Self.entriesMaximum)
        batches = try fields.list(2, maximum: Self.batchesMaximum)
    }
}

/// The fixed bytes of the format (docs/FILE_FORMAT.md, "File of records").
enum ExportFormat {
    static let magic = Array("syncmail export\n".utf8)
    static let version = 1
    static let manifestByteCountMaximum = 32 << 20
    /// How many bytes a sealed chunk may have, its section's number included.
    static let chunkByteCountMaximum = Limits.replyBytesMaximum
    static let headByteCount = magic.count + 8
    static let numberByteCount = 4

    /// A number of four bytes, big-endian.
    static func number(_ number: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// Reads a number of four bytes.
    static func number(_ bytes: some Sequence<UInt8>) -> Int {
        bytes.prefix(numberByteCount).reduce(0) { $0 << 8 | Int($1) }
    }

    /// What a chunk is bound to: its file, its section and its place.
    static func context(manifest: Digest, section: Int, index: Int) -> [UInt8] {
        manifest.bytes + number(section) + number(index)
    }
}
