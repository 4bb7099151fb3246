/// Small facts about a replica, and its membership chain, in the database.
package struct ReplicaStore {
    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "replica",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE fact (
                        name TEXT PRIMARY KEY,
                        value BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE membership (
                        height INTEGER PRIMARY KEY,
                        hash BLOB NOT NULL,
                        entry BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE void_record (
                        feed BLOB NOT NULL,
                        sequence INTEGER NOT NULL,
                        reason TEXT NOT NULL,
                        PRIMARY KEY (feed, sequence)
                    ) STRICT, WITHOUT ROWID;
                    """),
            // Entries that exclude a stored one, until the recovery key has decided.
            Migration(
                version: 2,
                sql: """
                    CREATE TABLE membership_rival (
                        hash BLOB PRIMARY KEY,
                        height INTEGER NOT NULL,
                        entry BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """),
        ])

    /// The alarms of the same replica.
    var alarms: AlarmStore { AlarmStore(connection) }

    /// A small fact, by its name.
    package func fact(_ name: String) throws -> [UInt8]? {
        try connection.first("SELECT value FROM fact WHERE name = ?", .text(name)) { $0.bytes(0) }
    }

    /// Replaces a small fact.
    package func setFact(_ name: String, _ value: [UInt8]) throws {
        try connection.run(
            "INSERT INTO fact (name, value) VALUES (?, ?) "
                + "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            .text(name), .bytes(value))
    }

    /// A number that is kept as a small fact; 0 if it was never set.
    package func count(_ name: String) throws -> Int {
        try fact(name).map { try Int(canonicalBytes: $0) } ?? 0
    }

    /// Replaces a number that is kept as a small fact.
    package func setCount(_ name: String, _ count: Int) throws {
        try setFact(name, count.canonicalBytes)
    }

    /// The hash of the last membership entry.
    package func membershipHead() throws -> Digest {
        try connection.first("SELECT hash FROM membership ORDER BY height DESC LIMIT 1") {
            try Digest(canonical: $0.bytes(0))
        } ?? .zero
    }

    /// Membership entries behind a height, in order.
    package func membershipEntries(
        after height: UInt64, maximum: Int = .max
    ) throws -> [MembershipEntry] {
        try connection.rows(
            "SELECT entry FROM membership WHERE height > ? ORDER BY height LIMIT ?",
            .integer(height), .integer(maximum)
        ) { try MembershipEntry(bytes: $0.bytes(0)) }
    }

    /// Adds a membership entry that was admitted.
    package func append(_ entry: MembershipEntry) throws {
        try connection.run(
            "INSERT INTO membership (height, hash, entry) VALUES (?, ?, ?)",
            .integer(entry.height), .bytes(entry.hash.bytes), .bytes(entry.bytes))
    }

    /// Notes that a record is kept and passed on, but does not count, and why.
    package func markVoid(_ header: RecordHeader, reason: String) throws {
        try connection.run(
            "INSERT INTO void_record (feed, sequence, reason) VALUES (?, ?, ?) "
                + "ON CONFLICT DO NOTHING",
            .bytes(header.feed.canonicalBytes), .integer(header.sequence), .text(reason))
    }

    /// Forgets which records of a feed do not count, before they are folded again.
    func clearVoid(_ feed: FeedID) throws {
        try connection.run(
            "DELETE FROM void_record WHERE feed = ?", .bytes(feed.canonicalBytes))
    }

    /// Forgets that one record does not count, before it is folded again.
    func clearVoid(_ feed: FeedID, at sequence: UInt64) throws {
        try connection.run(
            "DELETE FROM void_record WHERE feed = ? AND sequence = ?",
            .bytes(feed.canonicalBytes), .integer(sequence))
    }

    /// Which records of a topic do not count, and why.
    func voidPlaces(
        of topic: Topic, maximum: Int
    ) throws -> [(feed: FeedID, sequence: UInt64, reason: String)] {
        try connection.rows(
            """
            SELECT v.feed, v.sequence, v.reason FROM void_record v JOIN feed f ON f.name = v.feed
            WHERE f.topic = ? ORDER BY v.feed, v.sequence LIMIT ?
            """, .integer(topic.rawValue), .integer(maximum)
        ) { (try FeedID(canonicalBytes: $0.bytes(0)), $0.bits(1), $0.text(2)) }
    }

    private static let foldedKindsFact = "folded kinds"
    /// How many kinds of records a version may read.
    private static let kindsMaximum = 1024

    /// The kinds of records that the version which had the replica open last read, or nothing if
    /// it did not say.
    func foldedKinds() throws -> [String]? {
        try fact(Self.foldedKindsFact).map { bytes in
            var reader = CBORReader(bytes)
            return try reader.values(maximum: Self.kindsMaximum)
        }
    }

    /// Notes which kinds of records were folded.
    func setFoldedKinds(_ names: [String]) throws {
        var writer = CBORWriter()
        writer.values(names)
        try setFact(Self.foldedKindsFact, writer.bytes)
    }
}
