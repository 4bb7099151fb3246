package import SyncCore

/// What becomes of the mails of a replica that was copied, restored or set back.
extension OutboxFold {
    /// How many deliveries are looked at together.
    private static let pageMaximum = 256

    /// Holds in doubt whatever this device would go on to send: the former life may have sent it,
    /// or may be about to.
    ///
    /// What is in the hub's custody stays there: its ledger has forgotten nothing. What was
    /// being sent by this device is in doubt as an attempt, too.
    package func beginLife(
        for reason: FormerLife.Reason, in transaction: ReplicaTransaction
    ) throws {
        guard let branch = transaction.membership.device(transaction.identity.id)?.branch,
            let former = try LifeStore(transaction.replicaStore).former().last
        else { return }
        var doubtful: UInt64 = 0
        var place = DeliveryID?.none
        while true {
            let page = try transaction.outbox.unfinished(after: place, limit: Self.pageMaximum)
            for var delivery in page {
                guard case .success = DeliveryLedger(keeper: .origin).suspect(&delivery),
                    delivery.isSuspect
                else { continue }
                try transaction.outbox.save(delivery)
                var detail = AttemptDetail()
                detail.cause = reason.word
                try transaction.append(
                    DeliveryReport(
                        delivery: delivery.delivery,
                        fact: .suspicion(turn: delivery.suspicionTurn), detail: detail),
                    kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch),
                    actor: "agent")
                doubtful += 1
            }
            place = page.last?.delivery
            guard page.count == Self.pageMaximum else { break }
        }
        try transaction.doubtIntentions(because: reason)
        try transaction.append(
            LifeReport(former: former.incarnation, reason: reason, doubtfulCount: doubtful),
            kind: LifeReport.recordKind, topic: .audit, scope: .branch(branch), actor: "agent")
    }

    /// Whether a report says something about a ledger other than the one that is kept here.
    ///
    /// A copy of this device suspects its own memory; this one remembers. A suspicion of a life
    /// that came before this one counts, until a person decides.
    func isOfOtherLife(_ line: LogLine, in transaction: ReplicaTransaction) throws -> Bool {
        let own = transaction.identity
        guard case .suspicion = line.fact, line.device == own.id,
            line.feed.incarnation != own.incarnation
        else { return false }
        return try !LifeStore(transaction.replicaStore).former()
            .contains { $0.incarnation == line.feed.incarnation }
    }
}

extension OutboxStore {
    /// The deliveries in this device's custody that are not final, in the order of their names.
    fileprivate func unfinished(
        after place: DeliveryID?, limit: Int
    ) throws -> [DeliveryRecord] {
        try connection.rows(
            """
            SELECT record FROM delivery
            WHERE number IS NOT NULL AND custody = ?1
                AND state IN ('queued', 'reserved', 'sending', 'held', 'in_doubt')
                AND (?2 IS NULL OR (message, recipient) > (?2, ?3))
            ORDER BY message, recipient LIMIT ?4
            """,
            .integer(LedgerKeeper.origin.rawValue), .optionalBytes(place?.message.bytes),
            .integer(place?.recipient ?? 0), .integer(limit)
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)) }
    }

    /// How many deliveries queued here are in doubt because this replica may have forgotten
    /// attempts.
    package func suspectCount() throws -> Int {
        try connection.rows(
            "SELECT record FROM delivery WHERE number IS NOT NULL AND state = 'in_doubt'"
        ) { try DeliveryRecord(canonicalBytes: $0.bytes(0)).isSuspect }.count(where: \.self)
    }
}
