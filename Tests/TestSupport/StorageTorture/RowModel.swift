import Glibc
import SyncCore

/// What the database of a torture run must hold.
struct RowModel: Equatable {
    /// One row, whose bytes follow from its key and version.
    struct Content: Equatable {
        let version: Int
        let count: Int
    }

    /// How many keys there are.
    static let keyCount = 60
    /// No row is longer, and the table's rule says so.
    static let rowBytesMaximum = 60_000
    /// The tables.
    static let tables = SchemaModule(
        name: "torture",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE item (
                        key INTEGER PRIMARY KEY, version INTEGER,
                        body BLOB CHECK (length(body) <= \(rowBytesMaximum)));
                    CREATE INDEX item_version ON item (version);
                    CREATE TABLE scratch (key INTEGER PRIMARY KEY, body BLOB);
                    CREATE TABLE progress (transactions INTEGER);
                    INSERT INTO progress VALUES (0)
                    """)
        ])

    /// How many transactions were committed.
    var transactions = 0
    /// The rows by key.
    var rows: [Int: Content] = [:]

    /// The bytes of a row.
    ///
    /// They come from one long random sequence, so that making and comparing them costs little.
    static func bytes(key: Int, _ content: Content) -> [UInt8] {
        let offset = (key &* 7919 &+ content.version &* 104_729) % rowBytesMaximum
        return Array(noise[offset..<offset + content.count])
    }

    private static let noise: [UInt8] = {
        var generator = SeededGenerator(seed: 12345)
        return (0..<2 * rowBytesMaximum).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }()

    /// Returns what differs between the database and the model, or nil.
    func difference(from connection: Connection) throws -> String? {
        var seen = 0
        // A column that is null by damage must not trap.
        let differences = try connection.rows(
            "SELECT key, coalesce(version, -1), coalesce(body, x'') FROM item"
        ) { row in
            seen += 1
            let key = row.integer(0)
            guard let expected = rows[key] else { return "row \(key) should not exist" }
            let body = row.bytes(2)
            guard row.integer(1) == expected.version, body.count == expected.count else {
                return "row \(key) has version \(row.integer(1)), not \(expected.version)"
            }
            let wanted = Self.bytes(key: key, expected)
            // Comparing arrays of bytes one by one takes most of a debug run.
            let isEqual = memcmp(body, wanted, wanted.count) == 0
            return isEqual ? "" : "row \(key) has other bytes"
        }
        if let first = differences.first(where: { !$0.isEmpty }) { return first }
        return seen == rows.count ? nil : "\(seen) rows, not \(rows.count)"
    }
}
