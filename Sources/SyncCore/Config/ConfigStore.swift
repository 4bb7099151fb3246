/// The configuration in a database: every write ever made, and which of them still count.
///
/// A write is kept for good, so the history of a field is simply its rows. Whether it is live
/// depends on the set of writes alone, never on the order they arrived in: a write may be
/// replaced by one that came first.
package struct ConfigStore {
    let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// The tables.
    package static let schema = SchemaModule(
        name: "config",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE config_write (
                        path TEXT NOT NULL,
                        device BLOB NOT NULL,
                        incarnation INTEGER NOT NULL,
                        sequence INTEGER NOT NULL,
                        value BLOB NOT NULL,
                        time INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        live INTEGER NOT NULL,
                        PRIMARY KEY (path, device, incarnation, sequence)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX config_live ON config_write (path) WHERE live;
                    CREATE TABLE config_replaced (
                        path TEXT NOT NULL,
                        device BLOB NOT NULL,
                        incarnation INTEGER NOT NULL,
                        sequence INTEGER NOT NULL,
                        PRIMARY KEY (path, device, incarnation, sequence)
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// Takes one record's writes into account; a second time changes nothing.
    package func fold(_ write: ConfigWrite, of header: RecordHeader) throws {
        for write in write.writes {
            for dot in write.replaced { try replace(dot, at: write.path) }
            let key = Self.key(write.path, Dot(of: header))
            try connection.run(
                """
                INSERT INTO config_write
                    (path, device, incarnation, sequence, value, time, actor, live)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NOT EXISTS (
                    SELECT 1 FROM config_replaced
                    WHERE path = ?1 AND device = ?2 AND incarnation = ?3 AND sequence = ?4))
                ON CONFLICT DO NOTHING
                """,
                values: key + [
                    .bytes(write.value.canonicalBytes), SQLValue(bits: header.time.number),
                    .text(header.actor),
                ])
        }
    }

    /// Forgets everything, before it is folded again.
    func removeAll() throws {
        try connection.run("DELETE FROM config_write")
        try connection.run("DELETE FROM config_replaced")
    }

    /// One field.
    package func register(_ path: RegisterPath) throws -> Register {
        Register(
            path: path,
            entries: try connection.rows(
                Self.select + "WHERE path = ? AND live ORDER BY device, incarnation, sequence",
                .text(path.text), body: Self.entry))
    }

    /// The fields below a path, in ascending order; all of them for an empty prefix.
    package func registers(below prefix: String = "") throws -> [Register] {
        // "0" follows "/" in ASCII, so the range holds exactly the paths below the prefix.
        let bounds = prefix.isEmpty ? ("", "~") : (prefix + "/", prefix + "0")
        let paths = try connection.rows(
            "SELECT DISTINCT path FROM config_write WHERE live AND path >= ? AND path < ? "
                + "ORDER BY path",
            .text(bounds.0), .text(bounds.1)
        ) { RegisterPath($0.text(0)) }
        return try paths.compactMap(\.self).map(register)
    }

    /// The fields that have concurrent values which differ, in ascending order.
    package func conflicts() throws -> [Register] {
        let paths = try connection.rows(
            "SELECT path FROM config_write WHERE live GROUP BY path HAVING count(*) > 1 "
                + "ORDER BY path"
        ) { RegisterPath($0.text(0)) }
        return try paths.compactMap(\.self).map(register).filter(\.isConflict)
    }

    /// The fields that say whether what they belong to is in force, in ascending order.
    func states() throws -> [Register] {
        try connection.rows(
            "SELECT DISTINCT path FROM config_write WHERE live AND path LIKE '%/state' "
                + "ORDER BY path"
        ) { RegisterPath($0.text(0)) }.compactMap(\.self).map(register)
    }

    /// Every write to a field, oldest first, with whether it still counts.
    package func history(
        of path: RegisterPath
    ) throws -> [(entry: Register.Entry, isLive: Bool)] {
        try connection.rows(
            Self.select + "WHERE path = ? ORDER BY time, device, incarnation, sequence",
            .text(path.text)
        ) { (entry: try Self.entry($0), isLive: $0.boolean(6)) }
    }

    /// The hash of every live value: two stores that agree on the configuration have the same.
    package func digest() throws -> Digest {
        var writer = CBORWriter()
        for register in try registers() {
            writer.array(register.entries.count + 1)
            writer.value(register.path)
            for entry in register.entries {
                writer.value(entry.dot)
                writer.value(entry.value)
            }
        }
        return Digest(of: writer.bytes)
    }

    private func replace(_ dot: Dot, at path: RegisterPath) throws {
        let key = Self.key(path, dot)
        try connection.run(
            """
            INSERT INTO config_replaced (path, device, incarnation, sequence)
            VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, values: key)
        try connection.run(
            """
            UPDATE config_write SET live = 0
            WHERE path = ? AND device = ? AND incarnation = ? AND sequence = ?
            """, values: key)
    }

    private static let select =
        "SELECT device, incarnation, sequence, value, time, actor, live FROM config_write "

    private static func entry(_ row: borrowing Row) throws -> Register.Entry {
        guard let device = DeviceID(bytes: row.bytes(0)) else {
            throw CodingError(.value, in: "stored write")
        }
        return Register.Entry(
            dot: Dot(
                device: device, incarnation: Incarnation(number: row.bits(1)),
                sequence: row.bits(2)),
            value: try RegisterValue(canonicalBytes: row.bytes(3)),
            time: HybridTime(number: row.bits(4)), actor: row.text(5))
    }

    private static func key(_ path: RegisterPath, _ dot: Dot) -> [SQLValue] {
        [
            .text(path.text), .bytes(dot.device.bytes), SQLValue(bits: dot.incarnation.number),
            SQLValue(bits: dot.sequence),
        ]
    }
}
