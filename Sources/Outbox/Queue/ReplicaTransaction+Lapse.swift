package import SyncCore

/// What time does to the mails in this device's own custody.
extension ReplicaTransaction {
    /// How many deliveries are given up in one transaction.
    private static let lapseMaximum = 256

    /// Whether something waits here whose time is over, or the clock was not noted for long.
    package func hasLapses(at now: Timestamp) throws -> Bool {
        if try !outbox.overdue(at: now, limit: 1).isEmpty { return true }
        guard let last = try replicaStore.clockSeen() else { return true }
        return now >= last.advanced(by: ClockTrust.leapMaximum) || now < last
    }

    /// Gives up what waits here and whose time is over; on a clock that may be wrong it is held
    /// instead, until a person decides.
    ///
    /// What the hub keeps is the hub's to give up.
    ///
    /// - Parameter trust: What is known of the clock.
    /// - Returns: How many deliveries were given up or held; more may be left.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func giveUpOverdue(by trust: ClockTrust) throws -> Int {
        let now = environment.now()
        let isTrusted = trust.isTrusted(
            at: now, uptime: environment.uptime(), last: try replicaStore.clockSeen())
        var count = 0
        for before in try outbox.overdue(at: now, limit: Self.lapseMaximum) {
            var record = before
            guard
                DeliveryLedger(keeper: .origin).lapse(
                    &record, at: now, isClockTrusted: isTrusted),
                let mail = try outbox.mail(record.delivery.message)
            else { continue }
            count += 1
            try outbox.save(record)
            for report in record.lapse(since: before) {
                try append(
                    report, kind: DeliveryReport.recordKind, topic: .audit,
                    scope: .branch(mail.branch), actor: "agent")
            }
        }
        // A page that is full leaves mails for the next, which must judge the clock alike.
        if count < Self.lapseMaximum { try replicaStore.setClockSeen(now) }
        return count
    }
}

extension OutboxStore {
    /// The deliveries in this device's custody that wait, and whose time is over.
    fileprivate func overdue(at now: Timestamp, limit: Int) throws -> [DeliveryRecord] {
        try connection.rows(
            "SELECT record FROM delivery WHERE expires IS NOT NULL AND expires <= ? "
                + "AND number IS NOT NULL ORDER BY expires LIMIT ?",
            .integer(now.milliseconds), .integer(limit)
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)) }
    }

    /// When the next delivery may go that waits here for a time; nil if none does.
    package func nextDue(after now: Timestamp) throws -> Timestamp? {
        try MailPriority.allCases.compactMap { priority in
            try connection.first(
                "SELECT due FROM delivery WHERE custody = ? AND state = 'queued' "
                    + "AND priority = ? AND due > ? AND number IS NOT NULL ORDER BY due LIMIT 1",
                .integer(LedgerKeeper.origin.rawValue), .integer(Int(priority.rawValue)),
                .integer(now.milliseconds)
            ) { Timestamp(milliseconds: Int64($0.integer(0))) }
        }.min()
    }
}
