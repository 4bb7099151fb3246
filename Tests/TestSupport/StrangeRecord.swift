package import SyncCore

/// Writes records that a later version might write: with fields that this one does not know.
package struct StrangeRecord {
    private let replica: Replica

    package init(replica: Replica) {
        self.replica = replica
    }

    /// A body with one field behind those of this version.
    package static func withField(_ body: some CBOREncodable) -> [UInt8] {
        extended(body.canonicalBytes, by: 60)
    }

    /// Adds a record of a known kind to the replica's own log, its content as it is given.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - hasHeaderField: Whether the header has a field that this version does not know.
    /// - Throws: ``StorageError``.
    package func append(_ body: [UInt8], headerField hasHeaderField: Bool) async throws {
        try await replica.write { transaction in
            let identity = transaction.identity
            let feed = identity.feed(.audit, .branch(BranchID(validated: "matriz")))
            let end = try transaction.feeds.end(of: feed)
            let content = RecordContent(
                salt: [UInt8](repeating: 7, count: RecordContent.saltByteCount), body: body)
            let header = RecordHeader(
                organisation: transaction.membership.organisation, feed: feed,
                sequence: end.count + 1, previous: end.hash, clock: nil,
                membershipHeight: transaction.membership.height,
                time: HybridTime.zero.next(at: transaction.environment.now()), actor: "later",
                kind: KeyReport.recordKind, bodyByteCount: UInt64(body.count),
                commitment: content.commitment)
            let bytes = header.canonicalBytes
            let record = try Record(
                headerBytes: hasHeaderField ? Self.extended(bytes, by: 13) : bytes,
                content: content)
            try transaction.admit(
                FeedBatch(
                    head: FeedHead(
                        organisation: header.organisation, feed: feed, sequence: header.sequence,
                        hash: record.hash, checkpoint: nil, key: identity.signingKey),
                    records: [record]))
        }
    }

    /// Adds the field {key: 1} to an encoded map of fewer than 23 fields.
    private static func extended(_ map: [UInt8], by key: UInt8) -> [UInt8] {
        var bytes = map
        bytes[0] += 1
        return bytes + (key < 24 ? [key] : [0x18, key]) + [1]
    }
}
