import SyncCore

/// One connection of the dispatcher: takes jobs, claims them, and reports how they ended.
///
/// It is used by one task at a time.
final class DispatchConnection {
    /// A mail that was claimed and has no outcome yet.
    private struct Open {
        let job: DispatchJob
        let attempts: [IntendedAttempt]
        let detail: AttemptDetail
        let start: Duration
        var isBegun = false
    }

    private enum Stop: Error {
        /// The lease ended between the claim and the body.
        case leaseLost
    }

    /// The cause of an attempt whose claim was asked for and not answered.
    static let unansweredCause = "CLAIM_UNANSWERED"
    /// How often an outcome is written before it is left to the next start.
    private static let writesMaximum = 60

    private let account: AccountID
    private let dispatcher: Dispatcher
    private var open: [Int: Open] = [:]
    private var lastID = 0
    private var hasTaken = false
    private var isFailure = false

    init(_ account: AccountID, of dispatcher: Dispatcher) {
        self.account = account
        self.dispatcher = dispatcher
    }

    /// Connects, sends until there is nothing left, and tells the plan that it ended.
    func run() async {
        do {
            let session = try await dispatcher.transport.connect(to: account)
            try await note(session.routes)
            dispatcher.note(nil, of: account)
            await dispatcher.leases.note(account, isReachable: true)
            let server = session.server
            try await session.deliver(
                next: { try await self.next(at: server) },
                dataBegins: { try await self.begin($0) },
                finished: { try await self.finish($0, $1) })
        } catch let failure as MailConnectionFailure {
            isFailure = true
            await note(failure)
        } catch {
            isFailure = true
        }
        // What no outcome was told of is settled from the journal at the next start.
        for open in open.values { dispatcher.tell(.finished(open.job.deliveries)) }
        dispatcher.tell(.ended(account, hasTaken: hasTaken, isFailure: isFailure))
    }

    private func note(_ failure: MailConnectionFailure) async {
        if let fault = failure.fault {
            dispatcher.note(fault, of: account)
            dispatcher.tell(.unusable(account))
        }
        // Whatever the log says, the lease must not stay where nothing can be sent.
        do { try await note(failure.routes) } catch {}
        await dispatcher.leases.note(account, isReachable: failure.fault != nil)
    }

    private func note(_ routes: [RouteReport]) async throws {
        if try await RouteLog(replica: dispatcher.replica).note(routes) {
            dispatcher.afterReport()
        }
    }

    // MARK: One mail

    /// The next mail whose claim is held.
    private func next(at server: MailServer) async throws -> MailTransaction? {
        while !isFailure, let job = dispatcher.take(account, isFirst: !hasTaken) {
            hasTaken = true
            // A claim needs a lease at this moment, not when the job was made.
            guard dispatcher.leases.grant(of: account) == job.grant else {
                dispatcher.tell(.finished(job.deliveries))
                continue
            }
            if let transaction = try await prepare(job, at: server) { return transaction }
        }
        return nil
    }

    private func prepare(_ job: DispatchJob, at server: MailServer) async throws -> MailTransaction?
    {
        let prepared: (mail: OpenedMail, recipients: [MailAddress], bytes: [UInt8])
        do {
            let mail = try await dispatcher.opener.open(job.reservations[0])
            prepared = (
                mail, try job.reservations.map { try MailAddress($0.address, in: .to) },
                try render(mail, for: job.decision)
            )
        } catch {
            // One mail that cannot be opened does not hold up the others.
            dispatcher.tell(.parked(job.reservations))
            return nil
        }
        do {
            let transaction = try await claim(
                job, prepared.mail, for: prepared.recipients, prepared.bytes, at: server)
            if transaction == nil { dispatcher.tell(.finished(job.deliveries)) }
            return transaction
        } catch {
            dispatcher.tell(.finished(job.deliveries))
            throw error
        }
    }

    private func claim(
        _ job: DispatchJob, _ mail: OpenedMail, for recipients: [MailAddress], _ bytes: [UInt8],
        at server: MailServer
    ) async throws -> MailTransaction? {
        let attempts = job.attempts
        try await dispatcher.journal.intend(attempts)
        let replies: [ClaimReply]
        do { replies = try await dispatcher.ledger.claim(job.claims) } catch {
            // The ledger may have granted it. Nothing was handed over, and nothing will be.
            isFailure = true
            try await abandon(attempts, of: job)
            return nil
        }
        if replies.contains(where: { !$0.isCurrent }) {
            await dispatcher.leases.noteSuperseded(job.grant)
        }
        let granted = Set(replies.filter(\.isGranted).map(\.delivery))
        try await dispatcher.journal.forget(attempts.filter { !granted.contains($0.delivery) })
        guard !granted.isEmpty else { return nil }
        var detail = dispatcher.reporting.detail(of: job, at: server)
        detail.contentHash = Digest(of: bytes)
        lastID += 1
        open[lastID] = Open(
            job: job, attempts: attempts.filter { granted.contains($0.delivery) }, detail: detail,
            start: dispatcher.replica.environment.uptime())
        return MailTransaction(
            id: lastID, sender: job.decision.from,
            recipients: zip(attempts, recipients).filter { granted.contains($0.0.delivery) }
                .map(\.1),
            bytes: bytes, isInternational: mail.isInternational)
    }

    /// Writes down that the body may go; throws instead if it may not.
    private func begin(_ id: Int) async throws {
        guard let open = open[id] else {
            preconditionFailure("A body is begun only of a mail that was taken.")
        }
        guard dispatcher.leases.grant(of: account) == open.job.grant else { throw Stop.leaseLost }
        try await dispatcher.journal.begin(open.attempts, detail: open.detail)
        self.open[id]?.isBegun = true
    }

    private func finish(_ id: Int, _ outcomes: [TransactionOutcome]) async throws {
        guard let open = open[id] else {
            preconditionFailure("A mail ends once, after it was taken.")
        }
        precondition(
            outcomes.count == open.attempts.count, "Every recipient has an outcome of its own.")
        let environment = dispatcher.replica.environment
        let reporting = dispatcher.reporting
        let now = environment.now()
        let elapsed = environment.uptime() - open.start
        let results = zip(open.attempts, outcomes).map { attempt, outcome in
            var detail = open.detail
            detail.milliseconds = Int(clamping: elapsed.milliseconds)
            reporting.add(outcome, to: &detail, of: open.job)
            let result = reporting.outcome(
                outcome, ofAttempt: attempt.attempt.number, isBegun: open.isBegun, at: now,
                chance: environment.randomNumber())
            return (attempt: attempt, outcome: result, detail: detail)
        }
        try await conclude(results)
        // However long the connection lasts, each verdict shows that the server is there.
        if outcomes.contains(where: \.isVerdict) {
            await dispatcher.leases.note(account, isReachable: true)
        }
        self.open[id] = nil
        dispatcher.tell(.finished(open.job.deliveries))
        dispatcher.afterReport()
    }

    private func abandon(_ attempts: [IntendedAttempt], of job: DispatchJob) async throws {
        var detail = AttemptDetail()
        detail.account = job.decision.account
        detail.cause = Self.unansweredCause
        let now = dispatcher.replica.environment.now()
        try await conclude(attempts.map { ($0, .notSent(until: now), detail) })
        dispatcher.afterReport()
    }

    /// Writes outcomes, waiting for room on a full disk: they are worth more than the time.
    private func conclude(
        _ results: [(attempt: IntendedAttempt, outcome: AttemptOutcome, detail: AttemptDetail)]
    ) async throws {
        for _ in 1..<Self.writesMaximum {
            do {
                try await dispatcher.journal.conclude(results)
                return
            } catch let error as StorageError where error.code == .full || error.code == .busy {
                try await dispatcher.replica.environment.sleep(.seconds(1))
            }
        }
        try await dispatcher.journal.conclude(results)
    }

    private func render(_ mail: OpenedMail, for decision: SenderDecision) throws -> [UInt8] {
        let from = try Mailbox(name: decision.displayName, address: decision.from, in: .from)
        let standIn = try decision.replyTo.map {
            try Mailbox(name: nil, address: $0, in: .replyTo)
        }
        let headers = SenderHeaders.render(
            from: from, sender: nil, replyTo: mail.replyTo ?? standIn)
        return headers + mail.bytes
    }
}
