/// Consecutive records of one feed as they travel, ending at a signed head.
///
/// A record travels without what its neighbours imply (organisation, feed, sequence, previous
/// hash, commitment); the receiver derives those again and so checks them. A header that does
/// not come out the same, because a later version wrote more into it, travels verbatim.
package struct FeedBatch: Hashable, Sendable {
    package let head: FeedHead
    /// In order, the last one being the head's.
    package let records: [Record]
    /// What salts of these records come from, in ascending order: they travel instead of them.
    package let seeds: [SaltSeed]

    /// How many records a batch may have.
    package static let recordsMaximum = 4096
    // What most records need besides their bodies.
    private static let recordByteCountUsual = 64

    package init(head: FeedHead, records: [Record], seeds: [SaltSeed] = []) {
        precondition(records.last?.hash == head.hash, "A batch ends at its head.")
        self.head = head
        self.records = records
        self.seeds = seeds
    }

    /// The sequence of its first record.
    package var first: UInt64 { head.sequence - UInt64(records.count) + 1 }
}

extension FeedBatch: CBOREncodable {
    package func encode(to writer: inout CBORWriter) {
        // Growing step by step would copy all of it several times.
        writer.reserve(
            records.reduce(0) { $0 + ($1.content?.body.count ?? 0) + Self.recordByteCountUsual })
        writer.fields { fields in
            fields.field(1, head)
            fields.field(2, records.first?.header.organisation)
            fields.field(3, records.first?.header.previous)
            fields.field(4) { writer in
                writer.array(records.count)
                var expected = records.first?.header.previous
                var seeds = SaltSeeds(seeds)
                for record in records {
                    Self.encode(
                        record, after: expected, of: head.feed,
                        derivedSalt: seeds.salt(of: record.header.sequence), to: &writer)
                    expected = record.hash
                }
            }
            fields.field(5, list: seeds)
        }
    }

    private static func encode(
        _ record: Record, after previous: Digest?, of feed: FeedID, derivedSalt: [UInt8]?,
        to writer: inout CBORWriter
    ) {
        let header = record.header
        let isPlain = record.isPlain && header.previous == previous && header.feed == feed
        writer.fields { fields in
            if isPlain {
                fields.field(1, header.clock)
                fields.field(2, header.membershipHeight)
                fields.field(3, header.time)
                fields.field(4, header.actor)
                fields.field(5, header.kind)
            }
            if let content = record.content {
                if content.salt != derivedSalt { fields.field(6, Bytes(content.salt)) }
                fields.field(7, Bytes(content.body))
            } else if isPlain {
                fields.field(8, header.bodyByteCount)
                fields.field(9, header.commitment)
            }
            if !isPlain { fields.field(10, Bytes(record.headerBytes)) }
        }
    }
}

extension FeedBatch: CBORDecodable {
    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "batch")
        let head: FeedHead = try fields.required(1)
        let organisation: Digest = try fields.required(2)
        var previous: Digest = try fields.required(3)
        self.head = head
        let seeds = try fields.list(5, of: SaltSeed.self, maximum: Self.recordsMaximum)
        guard zip(seeds, seeds.dropFirst()).allSatisfy({ $0.first < $1.first }) else {
            throw CodingError(.notCanonical, in: "batch salt seeds")
        }
        self.seeds = seeds
        records = try fields.required(4) { (reader) throws(CodingError) in
            let count = try reader.array(maximum: Self.recordsMaximum, in: "batch records")
            guard count > 0, UInt64(count) <= head.sequence else {
                throw CodingError(.value, in: "batch records")
            }
            let places = head.sequence - UInt64(count) + 1...head.sequence
            guard seeds.allSatisfy({ ($0.first...$0.last).overlaps(places) }) else {
                throw CodingError(.value, in: "batch salt seeds")
            }
            var salts = SaltSeeds(seeds)
            var records: [Record] = []
            records.reserveCapacity(count)
            for index in 0..<count {
                let place = Place(
                    organisation: organisation, feed: head.feed,
                    sequence: head.sequence - UInt64(count - 1 - index), previous: previous)
                let record = try Self.record(
                    at: place, derivedSalt: salts.salt(of: place.sequence), from: &reader)
                previous = record.hash
                records.append(record)
            }
            return records
        }
        guard previous == head.hash else { throw CodingError(.value, in: "batch head") }
    }

    /// What a record's neighbours imply about it.
    private struct Place {
        let organisation: Digest
        let feed: FeedID
        let sequence: UInt64
        let previous: Digest
    }

    private static func record(
        at place: Place, derivedSalt: [UInt8]?, from reader: inout CBORReader
    ) throws(CodingError) -> Record {
        var fields = try reader.fieldSequence(in: "batch record")
        let clock: VersionVector? = try fields.optional(1, from: &reader)
        let height = try fields.optional(2, from: &reader) { (reader) throws(CodingError) in
            try reader.position(in: "record membership height")
        }
        let time: HybridTime? = try fields.optional(3, from: &reader)
        let actor = try fields.optional(4, from: &reader, RecordHeader.actor)
        let kind = try fields.optional(5, from: &reader, RecordHeader.kind)
        let content = try content(of: &fields, derivedSalt: derivedSalt, from: &reader)
        let bodyByteCount = try fields.optional(8, from: &reader, RecordHeader.bodyByteCount)
        let commitment: Digest? = try fields.optional(9, from: &reader)
        let verbatim = try fields.optional(10, from: &reader) { (reader) throws(CodingError) in
            try reader.byteString(maximum: RecordHeader.byteCountMaximum, in: "record")
        }
        try fields.finish(&reader)
        if let verbatim {
            let record = try Record(headerBytes: verbatim, content: content)
            guard record.header.organisation == place.organisation,
                record.header.feed == place.feed, record.header.sequence == place.sequence,
                record.header.previous == place.previous
            else { throw CodingError(.value, in: "batch record") }
            return record
        }
        guard let height, let time, let actor, let kind,
            let bodyByteCount = content.map({ UInt64($0.body.count) }) ?? bodyByteCount,
            let commitment = content?.commitment ?? commitment
        else { throw CodingError(.missing, in: "batch record") }
        let header = RecordHeader(
            organisation: place.organisation, feed: place.feed, sequence: place.sequence,
            previous: place.previous, clock: clock, membershipHeight: height, time: time,
            actor: actor, kind: kind, bodyByteCount: bodyByteCount, commitment: commitment)
        // Every part was checked as it was read, so this header would be read again as it is.
        return Record(header: header, content: content)
    }

    private static func content(
        of fields: inout CBORFieldSequence, derivedSalt: [UInt8]?, from reader: inout CBORReader
    ) throws(CodingError) -> RecordContent? {
        let salt = try fields.optional(6, from: &reader) { (reader) throws(CodingError) in
            try reader.byteString(count: RecordContent.saltByteCount, in: "record salt")
        }
        let body = try fields.optional(7, from: &reader) { (reader) throws(CodingError) in
            try reader.byteString(maximum: RecordHeader.bodyByteCountMaximum, in: "record body")
        }
        guard let body else {
            guard salt == nil else { throw CodingError(.missing, in: "record body") }
            return nil
        }
        guard let salt = salt ?? derivedSalt else {
            throw CodingError(.missing, in: "record salt")
        }
        return RecordContent(salt: salt, body: body)
    }
}
