import SyncCore

/// Folds what devices say about mail into the hub's ledger.
struct HubLedgerFold: RecordFold {
    let schema = LedgerTables.schema

    func fold(_ record: Record, in transaction: ReplicaTransaction) throws {
        guard let content = record.content else { return }
        let tables = LedgerTables(connection: transaction.connection)
        let author = record.header.feed.device
        switch (record.header.feed.topic, record.header.kind) {
        case (.mail, MailOffer.recordKind):
            let offer = try MailOffer(canonicalBytes: content.body)
            let isLate = Self.isRevoked(record.header, in: transaction.membership)
            if try tables.save(offer, by: author, isLate: isLate),
                try tables.origin(of: offer.message) == author
            {
                try OfferIntake(tables: tables, transaction: transaction)
                    .takeLast(of: offer.message, by: author)
            }
        case (.audit, QueuedReport.recordKind):
            let report = try QueuedReport(canonicalBytes: content.body)
            if try tables.saveOrigin(author, of: report.message) {
                try OfferIntake(tables: tables, transaction: transaction)
                    .takeAll(of: report.message, by: author)
            }
        case (.audit, DeliveryReport.recordKind):
            try fold(
                DeliveryReport(canonicalBytes: content.body), from: record.header,
                in: transaction)
        default:
            break
        }
    }

    func retire(
        _ feed: FeedID, through sequence: UInt64, in transaction: ReplicaTransaction
    ) throws {
        guard feed.topic == .mail else { return }
        let count = Int(sequence - (try transaction.retention.retired(of: feed)))
        let records = try transaction.feeds.records(
            of: feed, after: sequence - UInt64(count), maximum: count)
        let uses = BlobUses(connection: transaction.connection)
        for record in records where record.header.kind == MailOffer.recordKind {
            guard let content = record.content else { continue }
            do {
                try uses.retire(MailOffer(canonicalBytes: content.body).message)
            } catch is CodingError {
                continue  // It did not count as an offer either.
            }
        }
    }

    func beginLife(
        for reason: FormerLife.Reason, in transaction: ReplicaTransaction
    ) throws {
        try HubMemory(transaction).suspectAll(because: reason)
    }

    private func fold(
        _ report: DeliveryReport, from header: RecordHeader, in transaction: ReplicaTransaction
    ) throws {
        guard let fact = report.fact else { return }
        let tables = LedgerTables(connection: transaction.connection)
        let stored = try tables.record(of: report.delivery)
        var record =
            stored?.0 ?? DeliveryRecord(delivery: report.delivery, byteCount: 0)
        let author = header.feed.device
        if author == transaction.identity.id {
            try foldOwn(fact, from: header, about: &record, in: transaction)
            return try tables.save(record, account: stored?.1)
        }
        let ledger = DeliveryLedger(keeper: .hub)
        let isRevoked = Self.isRevoked(header, in: transaction.membership)
        switch fact {
        case .dataBegun(let attempt):
            _ = ledger.report(&record, .dataBegun, about: attempt, by: author, isRevoked: isRevoked)
        case .concluded(let attempt, let outcome) where author == attempt.grant.device:
            _ = ledger.report(
                &record, .concluded(outcome), about: attempt, by: author, isRevoked: isRevoked)
        case .custody, .suspicion:
            // The origin takes a mail back by force, in doubt; who is expelled does not.
            let origin = try tables.origin(of: report.delivery.message)
            let isOrigin = origin == author
            if isRevoked {
                return
            } else if case .suspicion(let turn) = fact, record.custody == .hub {
                try fold(
                    suspicion: turn, report, about: &record, by: author, isOrigin: isOrigin,
                    with: ledger, in: transaction)
            } else if isOrigin {
                record.insert(fact)
            } else if case .suspicion = fact, origin == nil {
                // Another life's feed may come before the one that names the origin. A suspicion
                // that is not the origin's does no harm: it ends when the mail is offered.
                record.insert(fact)
            } else {
                return
            }
        case .claimed, .concluded: return  // Only the keeper says these.
        case .allowedAgain, .declaredSent, .cancelled, .hold, .expired:
            guard !isRevoked else { return }
            if try isOwnDecision(report, about: record, by: author, in: tables) {
                record.insert(fact)
            } else if try mayDecide(report.delivery, header, in: transaction) {
                try decide(
                    fact, report, about: &record, by: author, with: ledger, in: transaction)
            }
        }
        try tables.save(record, account: stored?.1)
    }

    /// Takes note of what the hub itself wrote: just now, or in a former life that it forgot and
    /// that somebody brought back.
    ///
    /// A former life can say what it decided, and not what it did afterwards: where this life is
    /// suspicious it stays so.
    private func foldOwn(
        _ fact: DeliveryFact, from header: RecordHeader, about record: inout DeliveryRecord,
        in transaction: ReplicaTransaction
    ) throws {
        let wasSuspect = record.isSuspect
        record.insert(fact)
        guard wasSuspect, !record.isSuspect,
            header.feed.incarnation != transaction.identity.incarnation
        else { return }
        try HubMemory(transaction).suspectStill(&record)
    }

    /// Whether a record was written after its author was revoked.
    private static func isRevoked(_ header: RecordHeader, in membership: Membership) -> Bool {
        membership.device(header.feed.device)?.cutoff.map {
            header.sequence > $0[header.feed]
        } ?? false
    }

    /// Whether persons may decide at the author about a mail in the hub's custody: at its origin,
    /// or at an administrator's device; about one in quarantine, at the latter alone.
    private func mayDecide(
        _ delivery: DeliveryID, _ header: RecordHeader, in transaction: ReplicaTransaction
    ) throws -> Bool {
        let author = header.feed.device
        if transaction.membership.wasAdmin(author, at: header.membershipHeight) { return true }
        let tables = LedgerTables(connection: transaction.connection)
        return try tables.origin(of: delivery.message) == author
    }

    /// Hears of a suspicion about a mail that is in the hub's custody.
    ///
    /// An origin that was restored suspects its own memory. The hub's is what counts here, and it
    /// tells everybody so, unless it has forgotten something itself. That a person no longer
    /// minds what the hub may have forgotten is a decision like any other.
    private func fold(
        suspicion turn: Int, _ report: DeliveryReport, about record: inout DeliveryRecord,
        by author: DeviceID, isOrigin: Bool, with ledger: DeliveryLedger,
        in transaction: ReplicaTransaction
    ) throws {
        if turn.isMultiple(of: 2) {
            guard report.detail.reason == DeliveryReport.requestedReason else { return }
            try decide(
                .suspicion(turn: turn), report, about: &record, by: author, with: ledger,
                in: transaction)
        } else if isOrigin, !record.isSuspect, turn > record.suspicionTurn,
            let offer = try LedgerTables(connection: transaction.connection)
                .offer(of: record.delivery)
        {
            try transaction.remember(record.delivery, after: turn, branch: offer.branch)
            record.insert(.suspicion(turn: turn + 1))
        }
    }

    /// Whether the origin decided about a mail in its own custody: the hub takes note, so that
    /// both count the same turns once the mail is offered.
    private func isOwnDecision(
        _ report: DeliveryReport, about record: DeliveryRecord, by author: DeviceID,
        in tables: LedgerTables
    ) throws -> Bool {
        guard record.custody == .origin,
            report.detail.reason != DeliveryReport.requestedReason
        else { return false }
        return try tables.origin(of: record.delivery.message) == author
    }

    /// Carries out what a person asks, and tells everybody that it was done.
    private func decide(
        _ fact: DeliveryFact, _ report: DeliveryReport, about record: inout DeliveryRecord,
        by author: DeviceID, with ledger: DeliveryLedger, in transaction: ReplicaTransaction
    ) throws {
        let before = record
        switch fact {
        case .declaredSent: _ = ledger.resolve(&record, .sent)
        case .cancelled: _ = ledger.cancel(&record)
        case .hold(let turn) where turn % 2 == 1: _ = ledger.hold(&record, seen: turn - 1)
        case .hold(let turn): _ = ledger.unhold(&record, seen: turn - 1)
        case .allowedAgain(let attempt):
            if case .failure = ledger.resolve(&record, .resend(after: .attempt(attempt))) {
                _ = ledger.retry(&record, after: attempt)
            }
        case .suspicion(let turn):
            _ = ledger.resolve(&record, .resend(after: .memory(turn: turn - 1)))
        case .expired(let turn): _ = ledger.extend(&record, seen: turn - 1)
        case .claimed, .dataBegun, .concluded, .custody: break
        }
        guard
            let offer = try LedgerTables(connection: transaction.connection)
                .offer(of: record.delivery)
        else { return }
        // Whoever asked waits for an answer, also when it is no.
        let isGranted = record != before
        var detail = report.detail
        detail.reason = isGranted ? nil : DeliveryReport.refusedReason
        try transaction.append(
            DeliveryReport(
                delivery: report.delivery, fact: isGranted ? fact : nil, detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(offer.branch),
            actor: "hub")
    }
}

extension ReplicaTransaction {
    /// Tells everybody that the hub has forgotten nothing about a delivery, whatever its origin
    /// suspected.
    ///
    /// - Parameters:
    ///   - delivery: The delivery, which is in the hub's custody.
    ///   - turn: The suspicion of the origin.
    ///   - branch: The branch of the mail.
    /// - Throws: ``StorageError``.
    func remember(_ delivery: DeliveryID, after turn: Int, branch: BranchID) throws {
        var detail = AttemptDetail()
        detail.cause = DeliveryReport.rememberedCause
        try append(
            DeliveryReport(
                delivery: delivery, fact: .suspicion(turn: turn + 1), detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch), actor: "hub")
    }
}
