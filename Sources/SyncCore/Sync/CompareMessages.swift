/// What a device asks to find where its state differs from the hub's.
///
/// Both hold the same number of records and have other digests. Each question halves what is
/// left many times over, so three or four suffice for any number of records.
package enum CompareQuestion: Hashable, Sendable {
    /// How many hashes or values may be asked for at once.
    package static let itemsMaximum = 64

    /// Where the feeds of a topic and scope end.
    case ends(StateDigest)
    /// The hashes of some records of a feed.
    case records(FeedID, [UInt64])
    /// The hashes of the 256 parts of the configuration.
    case parts
    /// The hashes of the fields in one part of the configuration.
    case fields(part: UInt8)
    /// The values of some fields.
    case values([RegisterPath])
    /// The records of a feed behind a place, as their author signed them.
    case batch(FeedID, after: UInt64)
}

/// What the hub answers.
package enum CompareAnswer: Hashable, Sendable {
    case ends([FeedEnd])
    /// In the order of the question; zeros where there is no record.
    case records([Digest])
    case parts([Digest])
    case fields([FieldDigest])
    case values([Register])
    case batch(FeedBatch?)
}

/// Where a feed ends.
package struct FeedEnd: Hashable, Sendable {
    package let feed: FeedID
    package let count: UInt64
    package let hash: Digest

    package init(feed: FeedID, count: UInt64, hash: Digest) {
        self.feed = feed
        self.count = count
        self.hash = hash
    }
}

/// The hash of everything that is live in one field.
package struct FieldDigest: Hashable, Sendable {
    package let path: RegisterPath
    package let digest: Digest

    package init(path: RegisterPath, digest: Digest) {
        self.path = path
        self.digest = digest
    }
}
