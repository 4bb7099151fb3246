/// A batch that is compressed on its own, with a label that says what is in it.
///
/// The hub keeps the parcels that it unpacked and checked once, and hands them on as they came:
/// whoever receives one checks it all the same, so that nobody has to trust who carried it.
package struct BatchParcel: Hashable, Sendable {
    /// From which form of exchange on parcels and salt seeds are understood.
    package static let form: UInt64 = 1
    /// The fields of an exchange, in both directions, that tell the form and hold the parcels.
    static let formKey: UInt64 = 40
    static let listKey: UInt64 = 41
    /// From how many records on keeping a parcel beside its records is worth the room.
    package static let keptRecordsMinimum = 64

    package let feed: FeedID
    /// The sequence of its last record.
    package let last: UInt64
    private let packed: [UInt8]

    /// Packs a batch.
    package init(_ batch: FeedBatch) {
        feed = batch.head.feed
        last = batch.head.sequence
        packed = Compression.compress(batch.canonicalBytes)
    }

    /// How many bytes it says it has when it is unpacked.
    package var unpackedByteCount: Int {
        get throws(CodingError) {
            try Compression.declaredByteCount(
                of: packed, maximum: Limits.messageBytesMaximum, in: "parcel")
        }
    }

    /// Unpacks the batch, which proves that its records are one chain that ends at its head.
    ///
    /// - Throws: ``CodingError`` if it has another form, or is not what the label says.
    package func open() throws(CodingError) -> FeedBatch {
        let batch = try FeedBatch(
            canonicalBytes: try Compression.decompress(
                packed, maximum: Limits.messageBytesMaximum, in: "parcel"))
        guard batch.head.feed == feed, batch.head.sequence == last else {
            throw CodingError(.value, in: "parcel label")
        }
        return batch
    }
}

extension [BatchParcel] {
    /// Unpacks all of them, in order.
    ///
    /// - Throws: ``CodingError`` if one has another form, or together they are too large.
    package func open() throws(CodingError) -> [FeedBatch] {
        var batches: [FeedBatch] = []
        var byteCount = 0
        for parcel in self {
            byteCount += try parcel.unpackedByteCount
            guard byteCount <= Limits.messageBytesMaximum else {
                throw CodingError(.limit, in: "parcels")
            }
            batches.append(try parcel.open())
        }
        return batches
    }
}

extension BatchParcel: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, feed)
            fields.field(2, last)
            fields.field(3, Bytes(packed))
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "parcel")
        feed = try fields.required(1)
        last = try fields.position(2, in: "parcel sequence")
        packed = try fields.required(3) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Limits.messageBytesMaximum, in: "parcel")
        }
    }
}

extension FeedStore {
    /// Keeps a batch that was just stored as it came, to hand it on.
    func keep(_ parcel: BatchParcel, first: UInt64) throws {
        try connection.run(
            """
            INSERT OR REPLACE INTO parcel (feed, first, last, bytes)
            SELECT id, ?, ?, ? FROM feed WHERE name = ?
            """, .integer(first), .integer(parcel.last), .bytes(parcel.canonicalBytes),
            .bytes(parcel.feed.canonicalBytes))
    }

    /// The parcel that begins right behind some place of a feed, if one was kept.
    package func parcel(of feed: FeedID, after sequence: UInt64) throws -> BatchParcel? {
        try connection.first(
            """
            SELECT bytes FROM parcel
            WHERE feed = (SELECT id FROM feed WHERE name = ?) AND first = ?
            """, .bytes(feed.canonicalBytes), .integer(sequence + 1)
        ) { try BatchParcel(canonicalBytes: $0.bytes(0)) }
    }
}
