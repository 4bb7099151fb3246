package import SyncCore

/// Why a person is told about a delivery of his.
package enum AlertReason: String, Hashable, Sendable, CaseIterable {
    /// It was refused for good, or its time was over.
    case failed
    /// Nobody knows whether it arrived.
    case inDoubt = "in_doubt"
    /// It should have left a while ago, and nobody could send it.
    case waiting

    /// What people read.
    package var name: LocalizedText {
        switch self {
        case .failed: LocalizedText(es: "no se envió", en: "was not sent")
        case .inDoubt: LocalizedText(es: "no se sabe si llegó", en: "may have arrived or not")
        case .waiting:
            LocalizedText(
                es: "espera hace más de 10 minutos, que se sepa",
                en: "has waited for over 10 minutes, as far as is known")
        }
    }
}

/// Something a person should know about one of his mails, until he says that he does.
package struct MailAlert: Hashable, Sendable {
    package let reason: AlertReason
    package let mail: ListedMail
    package let delivery: ListedDelivery

    /// What was seen when it is acknowledged: the reason and how many attempts there were, so that
    /// the same mail can fail again and be told of again.
    fileprivate var mark: String { OutboxStore.mark(reason, delivery.record) }
}

/// How many alerts there are.
package struct AlertCount: Hashable, Sendable {
    /// Deliveries that failed or are in doubt.
    package let troubled: Int
    /// Deliveries that wait too long; at most ``OutboxStore/waitingMaximum``.
    package let waiting: Int

    package var total: Int { troubled + waiting }
}

/// How `alert` follows the deliveries: it holds those that failed or are in doubt and that nobody
/// acknowledged as they stand, so that asking costs nothing where nothing is wrong.
extension OutboxStore {
    /// How long a mail may wait before somebody is told.
    package static let alertWait = Duration.seconds(600)
    /// How many that wait are looked at.
    package static let waitingMaximum = 500

    static let alertTables = """
        CREATE TABLE alert (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (message, recipient)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO alert (message, recipient, reason)
            SELECT message, recipient, state FROM delivery WHERE state IN ('failed', 'in_doubt');
        """

    fileprivate static func mark(_ reason: AlertReason, _ record: DeliveryRecord) -> String {
        "\(reason.rawValue) \(record.nextAttempt - 1)"
    }

    /// Brings the alert about a delivery up to what is known of it.
    func noteAlert(_ record: DeliveryRecord) throws {
        let id = record.delivery
        let reason = AlertReason(rawValue: record.state.word)
        if let reason, try !acknowledgements(of: id).contains(Self.mark(reason, record)) {
            try connection.run(
                """
                INSERT INTO alert (message, recipient, reason) VALUES (?, ?, ?)
                ON CONFLICT (message, recipient) DO UPDATE SET reason = excluded.reason
                WHERE reason <> excluded.reason
                """, .bytes(id.message.bytes), .integer(id.recipient), .text(reason.rawValue))
        } else {
            try connection.run(
                "DELETE FROM alert WHERE message = ? AND recipient = ?",
                .bytes(id.message.bytes), .integer(id.recipient))
        }
    }

    /// The marks under which people acknowledged alerts about a delivery.
    private func acknowledgements(of id: DeliveryID) throws -> [String] {
        try connection.rows(
            "SELECT detail FROM log_line WHERE message = ? AND recipient = ? AND word = ?",
            .bytes(id.message.bytes), .integer(id.recipient),
            .text(LogWord.acknowledged.rawValue)
        ) { try AttemptDetail(canonicalBytes: $0.bytes(0)).note ?? "" }
    }

    /// How many alerts some persons have; empty for everybody's.
    package func alertCount(of users: [UserID], at now: Timestamp) throws -> AlertCount {
        let troubled = try connection.first(
            """
            SELECT count(*) FROM alert a JOIN mail m ON m.id = a.message
            WHERE m.way IS NOT 'agent' AND (?1 IS NULL OR instr(?1, ',' || m.user || ',') > 0)
            """, .names(users)
        ) { $0.integer(0) }
        return AlertCount(
            troubled: troubled ?? 0, waiting: try late(of: users, at: now).count)
    }

    /// The alerts of some persons, oldest mail first.
    ///
    /// Mails by which the agent itself tells of alerts are never among them.
    ///
    /// - Parameters:
    ///   - users: Whose mails; empty for everybody's.
    ///   - now: Wall time.
    ///   - limit: How many.
    /// - Returns: The alerts.
    /// - Throws: ``StorageError``.
    package func alerts(
        of users: [UserID], at now: Timestamp, limit: Int = pageMaximum
    ) throws -> [MailAlert] {
        let troubled = try connection.rows(
            """
            SELECT a.message, a.recipient, a.reason FROM alert a JOIN mail m ON m.id = a.message
            WHERE m.way IS NOT 'agent' AND (?1 IS NULL OR instr(?1, ',' || m.user || ',') > 0)
            ORDER BY m.time, a.message, a.recipient LIMIT ?2
            """, .names(users), .integer(limit)
        ) { row in
            (try Self.name(row), AlertReason(rawValue: row.text(2)) ?? .failed)
        }
        let late = try late(of: users, at: now).map { ($0, AlertReason.waiting) }
        var mails: [MessageID: ListedMail] = [:]
        return try (troubled + late).prefix(limit).compactMap { id, reason in
            let mail = try mails[id.message] ?? show(id.message)
            guard let mail, mail.deliveries.indices.contains(id.recipient) else { return nil }
            mails[id.message] = mail
            return MailAlert(reason: reason, mail: mail, delivery: mail.deliveries[id.recipient])
        }
    }

    /// Deliveries that should have left a while ago and that nobody acknowledged.
    private func late(of users: [UserID], at now: Timestamp) throws -> [DeliveryID] {
        let before = now.advanced(by: .zero - Self.alertWait)
        return try connection.rows(
            """
            SELECT d.message, d.recipient, d.record FROM (SELECT message, recipient, record
                FROM delivery WHERE custody IN (0, 1) AND state = 'queued' AND due <= ?1
                LIMIT ?2) d
            JOIN mail m ON m.id = d.message
            WHERE m.way IS NOT 'agent' AND m.time < ?3
                AND (?4 IS NULL OR instr(?4, ',' || m.user || ',') > 0)
            ORDER BY m.time, d.message, d.recipient
            """, .integer(before.milliseconds), .integer(Self.waitingMaximum),
            SQLValue(bits: UInt64(max(before.milliseconds, 0)) << 16), .names(users)
        ) { (try Self.name($0), try DeliveryRecord(canonicalBytes: $0.bytes(2))) }
        .filter { id, record in
            try !acknowledgements(of: id).contains(Self.mark(.waiting, record))
        }.map(\.0)
    }

    private static func name(_ row: borrowing Row) throws -> DeliveryID {
        DeliveryID(message: try MessageID(stored: row.bytes(0)), recipient: row.integer(1))
    }
}

extension ReplicaTransaction {
    /// Records that a person knows of an alert; from then on he is told no more of it as it stands.
    ///
    /// The record says who and when, and reaches every device that knows the mail. A second time
    /// adds a record and changes nothing else.
    package func acknowledge(_ alert: MailAlert, actor: String) throws {
        var detail = AttemptDetail()
        detail.reason = DeliveryReport.acknowledgedReason
        detail.note = alert.mark
        try append(
            DeliveryReport(delivery: alert.delivery.record.delivery, fact: nil, detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(alert.mail.mail.branch),
            actor: actor)
    }
}
