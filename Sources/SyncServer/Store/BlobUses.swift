import SyncCore

/// Which offers need which blobs, and what may go.
///
/// ```
///   offer retired ─▶ its mail is done ─▶ offer erased ─▶ blob without use ─▶ a day ─▶ blob erased
///                                                             ▲                │
///                                                             └── asked for ───┘
/// ```
struct BlobUses {
    /// How long a blob that no offer needs is kept: a device may be about to offer another mail
    /// with the same content.
    static let grace = Duration.seconds(86_400)
    /// How many mails one step looks at.
    private static let mailsPerStep = 64
    /// How many parts of blobs one step erases: each is overwritten page by page.
    private static let partsPerStep = 2

    let connection: Connection

    /// Makes the tables, and fills them from the offers that are there.
    static func migrate(_ connection: Connection) throws {
        for table in [
            "hub_blob_use (blob BLOB NOT NULL, offer INTEGER NOT NULL, PRIMARY KEY (blob, offer))",
            "hub_blob_unused (blob BLOB PRIMARY KEY, since INTEGER NOT NULL)",
            "hub_retired_mail (message BLOB PRIMARY KEY)",
        ] {
            try connection.run("CREATE TABLE \(table) STRICT, WITHOUT ROWID")
        }
        let uses = BlobUses(connection: connection)
        let offers = try connection.rows("SELECT number, offer FROM hub_offer") { row in
            (number: row.integer(0), offer: try MailOffer(canonicalBytes: row.bytes(1)))
        }
        for (number, offer) in offers { try uses.add(offer.blob, of: number) }
    }

    /// Notes that an offer needs a blob.
    func add(_ blob: Digest, of offer: Int) throws {
        try connection.run(
            "INSERT INTO hub_blob_use (blob, offer) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .bytes(blob.bytes), .integer(offer))
        try keep(blob)
    }

    /// Notes that a blob is needed after all.
    func keep(_ blob: Digest) throws {
        try connection.run("DELETE FROM hub_blob_unused WHERE blob = ?", .bytes(blob.bytes))
    }

    /// Notes that what was offered of a mail may go once the mail is done.
    func retire(_ message: MessageID) throws {
        try connection.run(
            "INSERT INTO hub_retired_mail (message) VALUES (?) ON CONFLICT DO NOTHING",
            .bytes(message.bytes))
    }

    /// Erases what was offered of some retired mails that are done.
    ///
    /// - Parameters:
    ///   - place: The mail behind which to begin.
    ///   - now: Wall time.
    /// - Returns: The mail behind which to go on; nothing at the end.
    /// - Throws: ``StorageError``.
    func eraseOffers(after place: [UInt8], at now: Timestamp) throws -> [UInt8]? {
        let mails = try connection.rows(
            "SELECT message FROM hub_retired_mail WHERE message > ? ORDER BY message LIMIT ?",
            .bytes(place), .integer(Self.mailsPerStep)
        ) { $0.bytes(0) }
        for mail in mails where try isDone(mail) { try eraseOffers(of: mail, at: now) }
        return mails.count == Self.mailsPerStep ? mails.last : nil
    }

    private func isDone(_ mail: [UInt8]) throws -> Bool {
        try connection.rows(
            "SELECT record FROM hub_delivery WHERE message = ?", .bytes(mail)
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)).state.isFinal }
        .allSatisfy(\.self)
    }

    private func eraseOffers(of mail: [UInt8], at now: Timestamp) throws {
        let message = SQLValue.bytes(mail)
        let blobs = try connection.rows(
            """
            SELECT DISTINCT u.blob FROM hub_blob_use u JOIN hub_offer o ON o.number = u.offer
            WHERE o.message = ? ORDER BY u.blob
            """, message
        ) { $0.bytes(0) }
        try connection.run(
            "DELETE FROM hub_blob_use WHERE offer IN "
                + "(SELECT number FROM hub_offer WHERE message = ?)", message)
        // What became of it stays known: an attempt is never granted twice.
        try connection.run("UPDATE hub_delivery SET offer = NULL WHERE message = ?", message)
        try connection.run("DELETE FROM hub_offer WHERE message = ?", message)
        try connection.run("DELETE FROM hub_retired_mail WHERE message = ?", message)
        for blob in blobs {
            try connection.run(
                """
                INSERT INTO hub_blob_unused (blob, since) SELECT ?1, ?2
                WHERE NOT EXISTS (SELECT 1 FROM hub_blob_use WHERE blob = ?1)
                ON CONFLICT DO NOTHING
                """, .bytes(blob), .integer(now.milliseconds))
        }
    }

    /// Erases parts of a blob that nobody has needed for a day.
    ///
    /// - Returns: How many bytes were erased; nothing if no blob is left to erase.
    func eraseBlob(at now: Timestamp) throws -> Int? {
        let limit = now.advanced(by: .zero - Self.grace)
        let blob = try connection.first(
            "SELECT blob FROM hub_blob_unused WHERE since <= ? ORDER BY blob LIMIT 1",
            .integer(limit.milliseconds)
        ) { $0.bytes(0) }
        guard let blob else { return nil }
        let parts = try connection.rows(
            "SELECT start, length(bytes) FROM blob_part WHERE id = ? ORDER BY start DESC LIMIT ?",
            .bytes(blob), .integer(Self.partsPerStep)
        ) { (start: $0.integer(0), byteCount: $0.integer(1)) }
        for part in parts {
            try connection.run(
                "DELETE FROM blob_part WHERE id = ? AND start = ?", .bytes(blob),
                .integer(part.start))
            // What is stored of it ends there: whoever needs it again sends the rest again.
            try connection.run(
                "UPDATE blob SET stored = ? WHERE id = ?", .integer(part.start), .bytes(blob))
        }
        if parts.count < Self.partsPerStep {
            try connection.run("DELETE FROM blob WHERE id = ?", .bytes(blob))
            try connection.run("DELETE FROM hub_blob_unused WHERE blob = ?", .bytes(blob))
        }
        return parts.reduce(0) { $0 + $1.byteCount }
    }
}
