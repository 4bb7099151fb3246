import SyncCore

/// The devices that wrote two records with one identity, in the embedded database.
///
/// Such a device was cloned or restored from a copy, or it lies. Its other history is kept
/// beside the one that is stored: together they are the proof.
struct FrozenDevices {
    let connection: Connection

    /// Freezes a device; what it is frozen for the first time is kept.
    ///
    /// - Parameters:
    ///   - device: The device.
    ///   - evidence: Signed records that contradict the stored ones.
    /// - Throws: ``StorageError``.
    func freeze(_ device: DeviceID, evidence: FeedBatch) throws {
        try connection.run(
            "INSERT INTO hub_frozen (device, batch) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .bytes(device.bytes), .bytes(evidence.canonicalBytes))
    }

    /// The records that contradict the stored ones; nothing for a device that is not frozen.
    func evidence(against device: DeviceID) throws -> FeedBatch? {
        try connection.first(
            "SELECT batch FROM hub_frozen WHERE device = ?", .bytes(device.bytes)
        ) { try FeedBatch(canonicalBytes: $0.bytes(0)) }
    }

    /// Lets a device act again.
    func thaw(_ device: DeviceID) throws {
        try connection.run("DELETE FROM hub_frozen WHERE device = ?", .bytes(device.bytes))
    }

    /// The devices that are frozen, in ascending order.
    func all() throws -> [DeviceID] {
        try connection.rows("SELECT device FROM hub_frozen ORDER BY device") {
            DeviceID(bytes: $0.bytes(0))
        }.compactMap(\.self)
    }
}
