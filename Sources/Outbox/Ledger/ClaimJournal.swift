package import SyncCore

/// One attempt that this device is about to make.
package struct IntendedAttempt: Hashable, Sendable {
    package let delivery: DeliveryID
    package let attempt: AttemptID
    /// The branch the mail belongs to, where its log is kept.
    package let branch: BranchID

    package init(delivery: DeliveryID, attempt: AttemptID, branch: BranchID) {
        self.delivery = delivery
        self.attempt = attempt
        self.branch = branch
    }
}

/// What this device wrote down about attempts that have not ended.
///
/// ```
///   intend ──▶ claim refused ──▶ forget
///      │
///      ├─────▶ begin (the body may go) ──▶ conclude
///      └─────▶ conclude
/// ```
/// A row that is found at the next start says how the attempt ended: without `begin` nothing
/// was handed over, with it nobody knows.
///
/// What several connections begin and conclude at the same time shares a commit.
package final class ClaimJournal: Sendable {
    /// What is known of how an attempt ended.
    typealias Conclusion = (
        attempt: IntendedAttempt, outcome: AttemptOutcome, detail: AttemptDetail
    )

    fileprivate enum Entry: Sendable {
        case begun([IntendedAttempt], AttemptDetail)
        case concluded([Conclusion], KeptDialogue?)
    }

    private let replica: Replica
    private let commits: SharedCommit<Entry>

    package init(_ replica: Replica) {
        self.replica = replica
        commits = SharedCommit { entries in
            try await replica.write { transaction in
                for entry in entries { try transaction.store(entry) }
            }
        }
    }

    /// Writes down, before the ledger is asked, which attempts will be claimed.
    func intend(_ attempts: [IntendedAttempt]) async throws {
        try await replica.write { transaction in
            for attempt in attempts {
                try transaction.connection.run(
                    """
                    INSERT INTO claim_journal (message, recipient, attempt, branch, is_begun)
                    VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING
                    """,
                    .bytes(attempt.delivery.message.bytes), .integer(attempt.delivery.recipient),
                    .bytes(attempt.attempt.canonicalBytes), .text(attempt.branch.text))
            }
        }
    }

    /// Drops attempts that the ledger did not grant.
    func forget(_ attempts: [IntendedAttempt]) async throws {
        guard !attempts.isEmpty else { return }
        try await replica.write { transaction in
            for attempt in attempts { try transaction.removeIntention(attempt) }
        }
    }

    /// Writes down that the bodies of claimed attempts may be handed over from now on.
    func begin(_ attempts: [IntendedAttempt], detail: AttemptDetail) async throws {
        try await commits.write(.begun(attempts, detail))
    }

    /// Writes down how attempts ended, and what was said with the server.
    func conclude(_ conclusions: [Conclusion], _ dialogue: KeptDialogue? = nil) async throws {
        guard !conclusions.isEmpty else { return }
        try await commits.write(.concluded(conclusions, dialogue))
    }

    /// Settles what a former process left open.
    ///
    /// It must have ended, and no attempt of this one may have begun.
    ///
    /// - Returns: The deliveries that are in doubt now.
    package func settle() async throws -> [DeliveryID] {
        let isEmpty = try await replica.read { transaction in
            try transaction.connection.first("SELECT 1 FROM claim_journal") { _ in true } == nil
        }
        guard !isEmpty else { return [] }
        return try await replica.write { transaction in
            let now = transaction.environment.now()
            let intentions = try transaction.intentions()
            for (attempt, isBegun) in intentions {
                try transaction.settle(
                    attempt, as: isBegun ? .inDoubt : .notSent(until: now),
                    cause: AttemptCause.interrupted.rawValue)
            }
            return intentions.filter(\.isBegun).map(\.attempt.delivery)
        }
    }
}

extension ReplicaTransaction {
    /// Says of every attempt in the journal that nobody knows how it ended.
    ///
    /// The journal is that of another life, which may have gone on.
    func doubtIntentions(because reason: FormerLife.Reason) throws {
        for (attempt, _) in try intentions() {
            try settle(attempt, as: .inDoubt, cause: reason.word)
        }
    }

    fileprivate func intentions() throws -> [(attempt: IntendedAttempt, isBegun: Bool)] {
        try connection.rows(
            "SELECT message, recipient, attempt, branch, is_begun FROM claim_journal "
                + "ORDER BY message, recipient, attempt"
        ) { row in
            (
                attempt: IntendedAttempt(
                    delivery: DeliveryID(
                        message: try MessageID(stored: row.bytes(0)),
                        recipient: row.integer(1)),
                    attempt: try AttemptID(canonicalBytes: row.bytes(2)),
                    branch: try BranchID(stored: row.text(3))), isBegun: row.boolean(4)
            )
        }
    }

    fileprivate func settle(
        _ attempt: IntendedAttempt, as outcome: AttemptOutcome, cause: String
    ) throws {
        var detail = AttemptDetail()
        detail.account = attempt.attempt.grant.account
        detail.cause = cause
        try report(.concluded(attempt.attempt, outcome), of: attempt, detail: detail)
        try removeIntention(attempt)
    }

    fileprivate func store(_ entry: ClaimJournal.Entry) throws {
        switch entry {
        case .begun(let attempts, let detail):
            for attempt in attempts {
                try connection.run(
                    "UPDATE claim_journal SET is_begun = 1 "
                        + "WHERE message = ? AND recipient = ? AND attempt = ?",
                    .bytes(attempt.delivery.message.bytes), .integer(attempt.delivery.recipient),
                    .bytes(attempt.attempt.canonicalBytes))
                try report(.dataBegun(attempt.attempt), of: attempt, detail: detail)
            }
        case .concluded(let conclusions, let dialogue):
            if let dialogue { try outbox.keep(dialogue, at: environment.now()) }
            for (attempt, outcome, detail) in conclusions {
                try report(.concluded(attempt.attempt, outcome), of: attempt, detail: detail)
                try removeIntention(attempt)
            }
        }
    }

    fileprivate func report(
        _ fact: DeliveryFact, of attempt: IntendedAttempt, detail: AttemptDetail
    ) throws {
        try append(
            DeliveryReport(delivery: attempt.delivery, fact: fact, detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(attempt.branch),
            actor: "agent")
    }

    fileprivate func removeIntention(_ attempt: IntendedAttempt) throws {
        try connection.run(
            "DELETE FROM claim_journal WHERE message = ? AND recipient = ? AND attempt = ?",
            .bytes(attempt.delivery.message.bytes), .integer(attempt.delivery.recipient),
            .bytes(attempt.attempt.canonicalBytes))
    }
}
