package import SyncCore

/// A device that writes records as it should not.
package struct LyingAuthor {
    package let replica: Replica
    package let organisation: Digest

    package init(replica: Replica, organisation: Digest) {
        self.replica = replica
        self.organisation = organisation
    }

    private var key: SigningKey { replica.identity.signingKey }
    package var feed: FeedID {
        replica.identity.feed(.audit, .branch(BranchID(validated: "matriz")))
    }

    package var first: Record { record() }
    /// A good record that no table row pushes alone.
    package var second: Record { record(2, after: first.hash, body: [8]) }

    package func record(
        _ sequence: UInt64 = 1, after previous: Digest = .zero, body: [UInt8] = [1],
        height: UInt64 = 1, declares byteCount: UInt64? = nil, of feed: FeedID? = nil,
        in organisation: Digest? = nil, keepsContent: Bool = true
    ) -> Record {
        let content = RecordContent(
            salt: [UInt8](repeating: 5, count: RecordContent.saltByteCount), body: body)
        let header = RecordHeader(
            organisation: organisation ?? self.organisation, feed: feed ?? self.feed,
            sequence: sequence, previous: previous, clock: nil, membershipHeight: height,
            time: HybridTime.zero.next(at: replica.environment.now()), actor: "juan",
            kind: "audit.other", bodyByteCount: byteCount ?? UInt64(body.count),
            commitment: content.commitment)
        return Record(header: header, content: keepsContent ? content : nil)
    }

    package func batch(_ records: [Record], key: SigningKey? = nil) -> FeedBatch {
        guard let last = records.last else { preconditionFailure("A batch has records.") }
        let head = FeedHead(
            organisation: last.header.organisation, feed: last.header.feed,
            sequence: last.header.sequence, hash: last.hash, checkpoint: nil,
            key: key ?? self.key)
        return FeedBatch(head: head, records: records)
    }
}
