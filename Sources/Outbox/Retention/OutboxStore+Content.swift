package import SyncCore

/// How the bytes of a replica are used.
package struct StorageSizes: Hashable, Sendable {
    /// What mails say, attachments left out.
    package var bodies = 0
    /// Attachments, as they travel.
    package var attachments = 0
    /// Records of mails and the audit log.
    package var log = 0
    /// Records of the configuration.
    package var configuration = 0
    /// Room in the file that the next mail takes.
    package var free = 0
    /// The whole file.
    package var total = 0

    /// Everything else: lists, indexes, and what encryption and pages take.
    package var other: Int {
        max(0, total - bodies - attachments - log - configuration - free)
    }

    package init() {}
}

extension OutboxStore {
    /// A mail of this device's queue whose contents may be erased one day.
    struct Erasable {
        let number: Int
        let message: MessageID
        let content: Digest
        let byteCount: Int
        let attachmentByteCount: Int
        let isErased: Bool
    }

    private static let bodiesFact = "bytes of bodies"
    private static let attachmentsFact = "bytes of attachments"

    private var facts: ReplicaStore { ReplicaStore(connection) }

    /// How the bytes are used, from sums that are kept as they change.
    package func sizes() throws -> StorageSizes {
        let feeds = FeedStore(connection)
        let pages = try connection.pageCounts()
        var sizes = StorageSizes()
        sizes.bodies = try facts.count(Self.bodiesFact)
        sizes.attachments = try facts.count(Self.attachmentsFact)
        sizes.log = try feeds.byteCount(of: .audit) + feeds.byteCount(of: .mail)
        sizes.configuration = try feeds.byteCount(of: .config)
        sizes.free = pages.free * PageLayout.pageBytes
        sizes.total = pages.all * PageLayout.pageBytes
        return sizes
    }

    /// Notes that contents came (or, with negative numbers, went).
    func countContent(_ byteCount: Int, attachments: Int) throws {
        try facts.setCount(
            Self.bodiesFact, facts.count(Self.bodiesFact) + byteCount - attachments)
        guard attachments != 0 else { return }
        try facts.setCount(
            Self.attachmentsFact, facts.count(Self.attachmentsFact) + attachments)
    }

    /// When the contents of a mail were erased, if they were.
    package func erasureTime(of message: MessageID) throws -> Timestamp? {
        try connection.first(
            "SELECT erased FROM own_mail WHERE message = ?", .bytes(message.bytes)
        ) { $0.optionalInteger(0).map { Timestamp(milliseconds: Int64($0)) } } ?? nil
    }

    /// Whether the contents of a mail that was queued here are still here.
    func hasContent(of message: MessageID) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM own_mail WHERE message = ? AND erased IS NULL", .bytes(message.bytes)
        ) { _ in true } ?? false
    }

    func erasable(after number: Int, limit: Int) throws -> [Erasable] {
        try connection.rows(
            """
            SELECT number, message, content, byte_count, attachment_byte_count,
                erased IS NOT NULL
            FROM own_mail WHERE number > ? ORDER BY number LIMIT ?
            """, .integer(number), .integer(limit)
        ) { row in
            Erasable(
                number: row.integer(0), message: try MessageID(stored: row.bytes(1)),
                content: try Digest(canonical: row.bytes(2)), byteCount: row.integer(3),
                attachmentByteCount: row.integer(4), isErased: row.boolean(5))
        }
    }

    func markErased(_ mail: Erasable, at now: Timestamp) throws {
        try connection.run(
            "UPDATE own_mail SET erased = ? WHERE number = ?", .integer(now.milliseconds),
            .integer(mail.number))
        try countContent(-mail.byteCount, attachments: -mail.attachmentByteCount)
    }

    /// Erases parts of a content, the last ones first, and tells how many there were.
    func eraseParts(
        of content: Digest, maximum: Int
    ) throws -> (count: Int, byteCount: Int) {
        var (count, byteCount) = (0, 0)
        while count < maximum {
            let part = try connection.first(
                """
                SELECT part, length(bytes) FROM content_part WHERE content = ?
                ORDER BY part DESC LIMIT 1
                """, .bytes(content.bytes)
            ) { (number: $0.integer(0), byteCount: $0.integer(1)) }
            guard let part else { break }
            try connection.run(
                "DELETE FROM content_part WHERE content = ? AND part = ?",
                .bytes(content.bytes), .integer(part.number))
            count += 1
            byteCount += part.byteCount
        }
        return (count, byteCount)
    }

    /// When something last happened to a mail.
    func lastTime(of message: MessageID) throws -> HybridTime? {
        try connection.first(
            "SELECT time FROM log_line WHERE message = ? ORDER BY time DESC LIMIT 1",
            .bytes(message.bytes)
        ) { HybridTime(number: $0.bits(0)) }
    }

    /// The records in which a device offered a mail to the hub.
    func offerRecords(
        of message: MessageID, by device: DeviceID
    ) throws -> [(feed: FeedID, sequence: UInt64)] {
        try connection.rows(
            """
            SELECT DISTINCT incarnation, sequence FROM offered WHERE message = ? AND device = ?
            ORDER BY incarnation, sequence
            """, .bytes(message.bytes), .bytes(device.bytes)
        ) { row in
            (
                FeedID(
                    device: device, incarnation: Incarnation(number: row.bits(0)), topic: .mail,
                    scope: .organisation), row.bits(1)
            )
        }
    }
}

/// Why a mail cannot be sent once more.
package struct ErasedContentError: ExplainedError, Hashable {
    /// When its contents were erased.
    package let time: Timestamp

    package var explanation: LocalizedText {
        LocalizedText(
            es: "El contenido de este correo se borró el \(time) porque venció su plazo "
                + "(«mail/retention»). No se puede enviar otra vez; escriba uno nuevo.",
            en: "The contents of this mail were erased at \(time), because their time was over "
                + "(“mail/retention”). It cannot be sent again; write a new one.")
    }

    package var exitStatus: ExitStatus { .badData }
}
