import SyncCore

/// Where each device stands in the hub's own sequence, as it said itself when it last asked.
struct DevicePlaces {
    /// How much newer the time must be to be written down where nothing else changed.
    private static let heardInterval = Duration.seconds(600)

    let connection: Connection

    static let schema = SchemaModule(
        name: "hub device places",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE hub_place (
                        device BLOB PRIMARY KEY,
                        position INTEGER NOT NULL,
                        heard INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        ])

    /// Notes what a device has stored; the same again writes nothing for a while.
    func note(_ device: DeviceID, at position: UInt64, now: Timestamp) throws {
        if let known = try place(of: device), known.position == position,
            now < known.heard.advanced(by: Self.heardInterval)
        {
            return
        }
        try connection.run(
            """
            INSERT INTO hub_place (device, position, heard) VALUES (?, ?, ?)
            ON CONFLICT (device) DO UPDATE SET
                position = excluded.position, heard = excluded.heard
            """, .bytes(device.bytes), .integer(position), .integer(now.milliseconds))
    }

    /// What a device said last.
    func place(of device: DeviceID) throws -> DevicePlace? {
        try connection.first(
            "SELECT position, heard FROM hub_place WHERE device = ?", .bytes(device.bytes)
        ) { row in
            DevicePlace(
                position: row.bits(0), heard: Timestamp(milliseconds: Int64(row.integer(1))))
        }
    }
}
