import SyncCore

/// How fast records are encoded into batches, and read and verified again, without a disk.
struct CodecBenchmark {
    private static let recordsPerBatch = 4000
    private static let roundsMinimum = 3

    private let records: Int
    private let environment = Environment.live()

    init(records: Int) {
        self.records = records
    }

    /// Measures.
    func run() throws -> Measurement {
        let batches = makeBatches()
        let encoded = batches.map(\.canonicalBytes)
        var measurement = Measurement()
        measurement.add("records", records)
        measurement.add("bytes", encoded.reduce(0) { $0 + $1.count })
        let encodeSeconds = fastest { _ = batches.map(\.canonicalBytes.count) }
        let decodeSeconds = try fastest {
            for bytes in encoded { _ = try FeedBatch(canonicalBytes: bytes) }
        }
        measurement.add("encoded_records_per_second", Double(records) / encodeSeconds)
        measurement.add("verified_records_per_second", Double(records) / decodeSeconds)
        return measurement
    }

    private func fastest(_ body: () throws -> Void) rethrows -> Double {
        var fastest = Double.infinity
        for _ in 0..<Self.roundsMinimum {
            let start = environment.uptime()
            try body()
            fastest = min(fastest, (environment.uptime() - start) / .seconds(1))
        }
        return fastest
    }

    private func makeBatches() -> [FeedBatch] {
        let key = SigningKey(randomFrom: environment)
        let organisation = Digest(of: Array("bench".utf8))
        let feed = FeedID(
            device: key.verificationKey.deviceID, incarnation: Incarnation(number: 1),
            topic: .audit, scope: .branch(BranchID(validated: "matriz")))
        var previous = Digest.zero
        var time = HybridTime.zero
        var batches: [FeedBatch] = []
        for first in stride(from: 0, to: records, by: Self.recordsPerBatch) {
            let batch = (first..<min(first + Self.recordsPerBatch, records)).map { number in
                let content = RecordContent(
                    salt: environment.randomBytes(RecordContent.saltByteCount),
                    body: AuditRows.body(number).canonicalBytes)
                time = time.next(at: environment.now())
                let header = RecordHeader(
                    organisation: organisation, feed: feed, sequence: UInt64(number + 1),
                    previous: previous, clock: nil, membershipHeight: 5, time: time,
                    actor: "agent", kind: AuditRows.kind,
                    bodyByteCount: UInt64(content.body.count), commitment: content.commitment)
                let record = Record(header: header, content: content)
                previous = record.hash
                return record
            }
            let head = FeedHead(
                organisation: organisation, feed: feed,
                sequence: UInt64(first + batch.count), hash: previous, checkpoint: nil, key: key)
            batches.append(FeedBatch(head: head, records: batch))
        }
        return batches
    }
}
