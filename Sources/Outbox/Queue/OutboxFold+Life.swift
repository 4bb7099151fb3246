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
            for delivery in page
            where try transaction.suspect(delivery, of: branch, because: reason) {
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

    /// Holds a mail in doubt that a former life of this device queued after the state to which the
    /// device was put back.
    ///
    /// Only its record came back, from the hub: nobody here can tell whether it was sent, and
    /// there is nothing left to send. If it was offered, the hub says so and ends the doubt.
    func doubtForgotten(
        _ message: MessageID, of feed: FeedID, in transaction: ReplicaTransaction
    ) throws {
        let own = transaction.identity
        guard feed.device == own.id, feed.incarnation != own.incarnation,
            let branch = transaction.membership.device(feed.device)?.branch
        else { return }
        // A life that was itself forgotten is known by its records alone.
        let life = try LifeStore(transaction.replicaStore).former()
            .first { $0.incarnation == feed.incarnation }
        for delivery in try transaction.outbox.deliveries(of: message)
        where delivery.custody == .origin {
            _ = try transaction.suspect(
                delivery, of: branch, because: life?.reason ?? .behind)
        }
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

extension ReplicaTransaction {
    /// Holds a delivery in this device's custody in doubt, and returns whether it is now.
    fileprivate func suspect(
        _ record: DeliveryRecord, of branch: BranchID, because reason: FormerLife.Reason
    ) throws -> Bool {
        var next = record
        guard case .success = DeliveryLedger(keeper: .origin).suspect(&next), next.isSuspect
        else { return false }
        try outbox.save(next)
        var detail = AttemptDetail()
        detail.cause = reason.word
        try append(
            DeliveryReport(
                delivery: next.delivery, fact: .suspicion(turn: next.suspicionTurn),
                detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch),
            actor: "agent")
        return true
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
