import SyncCore

/// The sealed blobs in the hub's embedded database.
struct BlobTables {
    let connection: Connection

    func storedByteCount(of blob: Digest) throws -> UInt64 {
        try connection.first("SELECT stored FROM blob WHERE id = ?", .bytes(blob.bytes)) {
            $0.bits(0)
        } ?? 0
    }

    /// Stores the next part; any other part changes nothing, and the caller learns which is next.
    func store(_ part: BlobPart) throws -> UInt64 {
        let stored = try storedByteCount(of: part.id)
        // Whoever asks is about to offer a mail that needs it.
        try BlobUses(connection: connection).keep(part.id)
        guard part.total <= BlobPart.blobByteCountMaximum else { throw HubRefusal(.tooLarge) }
        guard part.offset == stored, stored < part.total else { return stored }
        let end = stored + UInt64(part.bytes.count)
        guard end <= part.total, !part.bytes.isEmpty else { throw HubRefusal(.malformed) }
        try connection.run(
            "INSERT INTO blob_part (id, start, bytes) VALUES (?, ?, ?)", .bytes(part.id.bytes),
            .integer(part.offset), .bytes(part.bytes))
        try connection.run(
            "INSERT INTO blob (id, total, stored) VALUES (?, ?, ?) "
                + "ON CONFLICT (id) DO UPDATE SET stored = excluded.stored",
            .bytes(part.id.bytes), .integer(part.total), .integer(end))
        if end == part.total { try verify(part.id) }
        return end
    }

    func part(of blob: Digest, at offset: UInt64) throws -> BlobPart? {
        let total = try connection.first(
            "SELECT total FROM blob WHERE id = ? AND stored = total", .bytes(blob.bytes)
        ) { $0.bits(0) }
        guard let total else { return nil }
        let bytes = try connection.first(
            "SELECT start, bytes FROM blob_part WHERE id = ? AND start <= ? "
                + "ORDER BY start DESC LIMIT 1", .bytes(blob.bytes), .integer(offset)
        ) { row in Array(row.bytes(1).dropFirst(Int(offset - row.bits(0)))) }
        return BlobPart(id: blob, offset: offset, total: total, bytes: bytes ?? [])
    }

    /// A blob is named by its hash, so a wrong one is noticed when its last part comes.
    private func verify(_ blob: Digest) throws {
        let parts = try connection.rows(
            "SELECT bytes FROM blob_part WHERE id = ? ORDER BY start", .bytes(blob.bytes)
        ) { $0.bytes(0) }
        guard Digest(of: Array(parts.joined())) == blob else { throw HubRefusal(.notAuthentic) }
    }
}
