import SyncCore

/// The hub's ledger in its embedded database.
struct LedgerTables {
    let connection: Connection

    static let schema = SchemaModule(
        name: "hub ledger",
        migrations: [
            Migration(
                version: 1,
                sql: """
                    CREATE TABLE hub_origin (
                        message BLOB PRIMARY KEY,
                        device BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE hub_offer (
                        number INTEGER PRIMARY KEY,
                        message BLOB NOT NULL,
                        device BLOB NOT NULL,
                        offer BLOB NOT NULL,
                        UNIQUE (message, device, offer)
                    ) STRICT;
                    CREATE TABLE hub_delivery (
                        message BLOB NOT NULL,
                        recipient INTEGER NOT NULL,
                        record BLOB NOT NULL,
                        state INTEGER NOT NULL,
                        due INTEGER NOT NULL,
                        account TEXT,
                        offer INTEGER REFERENCES hub_offer(number),
                        PRIMARY KEY (message, recipient)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX hub_delivery_due ON hub_delivery (state, due);
                    CREATE TABLE hub_frozen (
                        device BLOB PRIMARY KEY,
                        batch BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE hub_stretch (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        feed BLOB NOT NULL,
                        first INTEGER NOT NULL,
                        last INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE blob (
                        id BLOB PRIMARY KEY,
                        total INTEGER NOT NULL,
                        stored INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE blob_part (
                        id BLOB NOT NULL,
                        start INTEGER NOT NULL,
                        bytes BLOB NOT NULL,
                        PRIMARY KEY (id, start)
                    ) STRICT, WITHOUT ROWID;
                    """),
            // Whether an offer was made after its device was revoked.
            Migration(
                version: 2,
                sql: "ALTER TABLE hub_offer ADD COLUMN is_late INTEGER NOT NULL DEFAULT 0"),
            Migration(version: 3, BlobUses.migrate),
            // Which deliveries go first, and when they are given up.
            Migration(
                version: 4,
                sql: """
                    ALTER TABLE hub_delivery ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
                    ALTER TABLE hub_delivery ADD COLUMN expires INTEGER;
                    DROP INDEX hub_delivery_due;
                    CREATE INDEX hub_delivery_due ON hub_delivery (state, priority, due);
                    CREATE INDEX hub_delivery_expires ON hub_delivery (expires)
                        WHERE expires IS NOT NULL;
                    """),
        ])

    /// How many reservations are looked at to find those of one device.
    private static let reservedMaximum = 1024

    /// What the index of deliveries tells apart.
    private enum State: Int {
        case queued = 0
        case reserved = 1
        case claimed = 2
        case other = 3
    }

    /// An offer and its place in the order in which the hub heard of offers.
    struct NumberedOffer {
        let number: Int
        let offer: MailOffer
        /// Whether it was made after its device was revoked.
        let isLate: Bool
    }

    /// The offer by which a delivery came into the hub's custody.
    func offer(of delivery: DeliveryID) throws -> MailOffer? {
        try connection.first(
            """
            SELECT o.offer FROM hub_delivery d JOIN hub_offer o ON o.number = d.offer
            WHERE d.message = ? AND d.recipient = ?
            """, .bytes(delivery.message.bytes), .integer(delivery.recipient)
        ) { try MailOffer(canonicalBytes: $0.bytes(0)) }
    }

    /// What one device offered of a mail, oldest first.
    func offers(of message: MessageID, by device: DeviceID) throws -> [NumberedOffer] {
        try connection.rows(
            "SELECT number, offer, is_late FROM hub_offer WHERE message = ? AND device = ? "
                + "ORDER BY number",
            .bytes(message.bytes), .bytes(device.bytes)
        ) { row in
            NumberedOffer(
                number: row.integer(0), offer: try MailOffer(canonicalBytes: row.bytes(1)),
                isLate: row.boolean(2))
        }
    }

    /// Keeps an offer, and returns whether it was new.
    func save(_ offer: MailOffer, by device: DeviceID, isLate: Bool) throws -> Bool {
        let number = try connection.first(
            "INSERT INTO hub_offer (message, device, offer, is_late) VALUES (?, ?, ?, ?) "
                + "ON CONFLICT DO NOTHING RETURNING number",
            .bytes(offer.message.bytes), .bytes(device.bytes), .bytes(offer.canonicalBytes),
            .integer(isLate ? 1 : 0)
        ) { $0.integer(0) }
        guard let number else { return false }
        try BlobUses(connection: connection).add(offer.blob, of: number)
        return true
    }

    /// The device that queued a mail; what others offer under its name does not count.
    func origin(of message: MessageID) throws -> DeviceID? {
        try connection.first(
            "SELECT device FROM hub_origin WHERE message = ?", .bytes(message.bytes)
        ) { row in
            guard let device = DeviceID(bytes: row.bytes(0)) else {
                throw CodingError(.value, in: "stored origin")
            }
            return device
        }
    }

    /// Keeps which device queued a mail, and returns whether it was new.
    func saveOrigin(_ device: DeviceID, of message: MessageID) throws -> Bool {
        try connection.run(
            "INSERT INTO hub_origin (message, device) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .bytes(message.bytes), .bytes(device.bytes)) > 0
    }

    func record(of delivery: DeliveryID) throws -> (DeliveryRecord, AccountID?)? {
        try connection.first(
            "SELECT record, account FROM hub_delivery WHERE message = ? AND recipient = ?",
            .bytes(delivery.message.bytes), .integer(delivery.recipient)
        ) { row in
            (
                try DeliveryRecord(canonicalBytes: row.bytes(0)),
                row.optionalText(1).flatMap { AccountID($0) }
            )
        }
    }

    /// Stores what became of a delivery.
    ///
    /// - Parameters:
    ///   - record: What is known of it.
    ///   - account: The account whose lease it waits for.
    ///   - offer: The number of the offer by which it came, if that is another one now.
    ///   - priority: Whether it goes before others, when that is heard of for the first time.
    /// - Throws: ``StorageError``.
    func save(
        _ record: DeliveryRecord, account: AccountID?, offer: Int? = nil,
        priority: MailPriority? = nil
    ) throws {
        let (state, due) = Self.index(record)
        try connection.run(
            """
            INSERT INTO hub_delivery
                (message, recipient, record, state, due, account, offer, expires, priority)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, 1))
            ON CONFLICT (message, recipient) DO UPDATE SET
                record = excluded.record, state = excluded.state, due = excluded.due,
                account = excluded.account, offer = coalesce(excluded.offer, offer),
                expires = excluded.expires, priority = coalesce(?9, priority)
            """,
            .bytes(record.delivery.message.bytes), .integer(record.delivery.recipient),
            .bytes(record.canonicalBytes), .integer(state.rawValue), .integer(due),
            .optionalText(account?.text), .optionalInteger(offer),
            .optionalInteger(record.custody == .hub ? record.lapseTime?.milliseconds : nil),
            .optionalInteger(priority.map { Int($0.rawValue) }))
    }

    /// The deliveries that were offered, in the order of their names.
    func offered(after place: DeliveryID?, limit: Int) throws -> [HubDelivery] {
        try connection.rows(
            """
            SELECT d.record, o.offer, d.account FROM hub_delivery d
            JOIN hub_offer o ON o.number = d.offer
            WHERE ?1 IS NULL OR (d.message, d.recipient) > (?1, ?2)
            ORDER BY d.message, d.recipient LIMIT ?3
            """,
            .optionalBytes(place?.message.bytes), .integer(place?.recipient ?? 0),
            .integer(limit), body: Self.delivery)
    }

    func waiting(at now: Timestamp, accounts: [AccountID], maximum: Int) throws -> [HubDelivery] {
        let names = Set(accounts.map(\.text))
        return try deliveries(in: .queued, by: now, maximum: maximum).filter { delivery in
            delivery.account.map { names.contains($0.text) } ?? true
        }
    }

    /// Deliveries that wait, and whose time is over.
    func overdue(at now: Timestamp, maximum: Int) throws -> [HubDelivery] {
        try connection.rows(
            """
            SELECT d.record, o.offer, d.account FROM hub_delivery d
            JOIN hub_offer o ON o.number = d.offer
            WHERE d.expires IS NOT NULL AND d.expires <= ? ORDER BY d.expires LIMIT ?
            """,
            .integer(now.milliseconds), .integer(maximum), body: Self.delivery)
    }

    func reserved(under grants: [LeaseGrant], maximum: Int) throws -> [HubDelivery] {
        guard maximum > 0 else { return [] }
        // What is reserved has no due time.
        let found = try deliveries(
            in: .reserved, by: Timestamp(milliseconds: 0), maximum: Self.reservedMaximum)
        return Array(
            found.filter { delivery in
                delivery.record.reservation.map { grants.contains($0.grant) } ?? false
            }.prefix(maximum))
    }

    func expiring(at now: Timestamp, maximum: Int) throws -> [HubDelivery] {
        try deliveries(in: .reserved, by: now, maximum: maximum)
            + deliveries(in: .claimed, by: now, maximum: maximum)
    }

    private func deliveries(
        in state: State, by now: Timestamp, maximum: Int
    ) throws -> [HubDelivery] {
        var found: [HubDelivery] = []
        for priority in MailPriority.allCases where found.count < maximum {
            found += try connection.rows(
                """
                SELECT d.record, o.offer, d.account FROM hub_delivery d
                JOIN hub_offer o ON o.number = d.offer
                WHERE d.state = ? AND d.priority = ? AND d.due <= ?
                ORDER BY d.due, d.message, d.recipient LIMIT ?
                """,
                .integer(state.rawValue), .integer(Int(priority.rawValue)),
                .integer(now.milliseconds), .integer(maximum - found.count),
                body: Self.delivery)
        }
        return found
    }

    private static func delivery(_ row: borrowing Row) throws -> HubDelivery {
        HubDelivery(
            record: try DeliveryRecord(canonicalBytes: row.bytes(0)),
            offer: try MailOffer(canonicalBytes: row.bytes(1)),
            account: row.optionalText(2).flatMap { AccountID($0) })
    }

    private static func index(_ record: DeliveryRecord) -> (State, due: Int64) {
        // Facts may come before the offer that passes custody; nobody may be given those.
        guard record.custody == .hub else { return (.other, 0) }
        switch record.state {
        case .queued(let notBefore): return (.queued, notBefore.milliseconds)
        case .reserved: return (.reserved, 0)
        case .claimed(_, let doubtAt): return (.claimed, doubtAt.milliseconds)
        case .inDoubt, .sent, .failed, .expired, .cancelled, .held: return (.other, 0)
        }
    }
}
