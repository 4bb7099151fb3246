import SyncCore
import Synchronization

/// One connection of the dispatcher: takes jobs, claims them, and reports how they ended.
///
/// It is used by one task at a time. Claims are asked for several mails at once, the more the
/// longer the connection works; outcomes are written down while the next mail is under way.
final class DispatchConnection {
    /// A mail that was handed to the connection and has no outcome yet.
    private struct Open {
        let job: DispatchJob
        let attempts: [IntendedAttempt]
        let detail: AttemptDetail
        let start: Duration
        var isBegun = false
    }

    /// A job with what it takes to send it.
    private struct PreparedMail {
        let job: DispatchJob
        let recipients: [MailAddress]
        let bytes: [UInt8]
        let isInternational: Bool
    }

    /// Whether an outcome could not be written down: then nothing more may be sent.
    private final class OutcomeLoss: Sendable {
        private let flag = Atomic(false)

        var hasHappened: Bool { flag.load(ordering: .relaxed) }

        func note() { flag.store(true, ordering: .relaxed) }
    }

    private enum Stop: Error {
        /// The lease ended between the claim and the body.
        case leaseLost
        /// A signed mail would go from another address than the one that signed it.
        case notTheSigner
    }

    /// How many bytes of mails may be claimed at once, unless one mail alone has more.
    private static let bytesMaximum = 1 << 20

    private let account: AccountID
    private let dispatcher: Dispatcher
    private var open: [Int: Open] = [:]
    private var lastID = 0
    /// How many recipients to claim next: a connection that fails at once holds few.
    private var claimsWanted = 1
    private var hasTaken = false
    private var isFailure = false
    private let loss = OutcomeLoss()
    /// The password and settings the connection was opened with, if they are known.
    private var mark: AccountMark?

    init(_ account: AccountID, of dispatcher: Dispatcher) {
        self.account = account
        self.dispatcher = dispatcher
    }

    /// Connects, sends until there is nothing left, and tells the plan that it ended.
    func run() async {
        do {
            // Taken before: what changes meanwhile is not blamed for what is found now.
            mark = try await dispatcher.health.mark(of: account)
            let session = try await dispatcher.transport.connect(to: account)
            try await note(session.routes)
            try await record(.working, on: session.server)
            dispatcher.note(nil, of: account)
            await dispatcher.leases.note(account, isReachable: true)
            try await deliver(over: session)
        } catch let failure as MailConnectionFailure {
            isFailure = true
            await note(failure)
        } catch {
            isFailure = true
        }
        // What no outcome was told of is settled from the journal at the next start.
        for open in open.values { dispatcher.tell(.finished(open.job.deliveries)) }
        dispatcher.tell(.ended(account, hasTaken: hasTaken, isFailure: isFailure))
        await dispatcher.giveBackUnlessConnected(account)
    }

    /// Sends, and returns when every outcome is written down.
    private func deliver(over session: any MailSession) async throws {
        let server = session.server
        let (account, dispatcher, loss) = (account, dispatcher, loss)
        try await withThrowingDiscardingTaskGroup { group in
            try await session.deliver(
                next: { try await self.next(at: server) },
                dataBegins: { try await self.begin($0) },
                finished: { id, outcomes in
                    if case .senderRefused(let reply) = outcomes.first {
                        await self.noteSenderRefused(reply, on: server)
                    }
                    let lines = await session.takeDialogue(of: id)
                    let (deliveries, conclusions) = self.finish(id, outcomes)
                    let dialogue = KeptDialogue(lines, of: conclusions.map(\.attempt))
                    // A crash before the commit leaves the mail in doubt, never unsent and
                    // never sent twice: its "data begun" is in the journal.
                    group.addTask {
                        do { try await dispatcher.conclude(conclusions, dialogue) } catch {
                            loss.note()
                        }
                        // However long the connection lasts, each verdict shows that the server
                        // is there.
                        if outcomes.contains(where: \.isVerdict) {
                            await dispatcher.leases.note(account, isReachable: true)
                        }
                        dispatcher.tell(.finished(deliveries))
                        dispatcher.afterReport()
                    }
                })
        }
        if loss.hasHappened { isFailure = true }
    }

    private func note(_ failure: MailConnectionFailure) async {
        if let fault = failure.fault {
            dispatcher.note(fault, of: account)
            dispatcher.tell(.unusable(account))
        }
        // Whatever the log says, the lease must not stay where nothing can be sent.
        do {
            try await note(failure.routes)
            if failure.fault == .authentication {
                try await record(.authentication, cause: failure.cause)
            }
        } catch {}
        await dispatcher.leases.note(account, isReachable: failure.fault != nil)
    }

    private func note(_ routes: [RouteReport]) async throws {
        if try await RouteLog(replica: dispatcher.replica).note(routes) {
            dispatcher.afterReport()
        }
    }

    /// Tells every device what was found about the account, if that is new.
    private func record(
        _ outcome: AccountTest.Outcome, cause: String? = nil, on server: MailServer? = nil,
        saying reply: String? = nil
    ) async throws {
        guard let mark else { return }
        var finding = AccountFinding(outcome: outcome, proof: .signIn, mark: mark)
        finding.cause = cause
        finding.routes = [server].compactMap(\.self).map { server in
            AccountTestReport.Route(
                host: server.host, port: server.port, security: server.security,
                cause: cause ?? "", milliseconds: 0)
        }
        finding.reply = reply
        if try await dispatcher.health.note(finding, of: account) { dispatcher.afterReport() }
    }

    /// Passes the account over from now on, because it may not write from its address.
    private func noteSenderRefused(_ reply: String, on server: MailServer) async {
        dispatcher.note(.sendAs, of: account)
        dispatcher.tell(.unusable(account))
        do {
            try await record(
                .sender, cause: DiagnosisCode.fromNotAllowed.rawValue, on: server, saying: reply)
        } catch {
            // This device knows it; the others learn it when they see it themselves.
        }
    }

    // MARK: One mail

    /// The next mail whose claim is held.
    private func next(at server: MailServer) async throws -> MailTransaction? {
        while !isFailure, !loss.hasHappened {
            guard let mail = dispatcher.pool.takeFirst(of: account) else {
                guard try await claimMore() else { return nil }
                continue
            }
            let now = dispatcher.replica.environment.uptime()
            guard dispatcher.leases.grant(of: account) == mail.job.grant,
                now < mail.since + ClaimedMail.lifetime
            else {
                await dispatcher.giveBack([mail])
                continue
            }
            if !hasTaken {
                hasTaken = true
                dispatcher.noteBusy(account)
            }
            return begin(mail, at: server, now)
        }
        return nil
    }

    private func begin(
        _ mail: ClaimedMail, at server: MailServer, _ now: Duration
    ) -> MailTransaction {
        var detail = dispatcher.reporting.detail(of: mail.job, at: server)
        detail.contentHash = Digest(of: mail.bytes)
        lastID += 1
        open[lastID] = Open(job: mail.job, attempts: mail.attempts, detail: detail, start: now)
        return MailTransaction(
            id: lastID, sender: mail.job.decision.from, recipients: mail.recipients,
            bytes: mail.bytes, isInternational: mail.isInternational)
    }

    /// Claims mails for this connection and those beside it.
    ///
    /// Returns whether there was anything to claim; not all of it need have been granted.
    private func claimMore() async throws -> Bool {
        let prepared = await takeJobs()
        guard !prepared.isEmpty else { return false }
        let granted: Set<DeliveryID>
        do { granted = try await claim(prepared.map(\.job)) } catch {
            for mail in prepared { dispatcher.tell(.finished(mail.job.deliveries)) }
            throw error
        }
        let now = dispatcher.replica.environment.uptime()
        for mail in prepared {
            let claimed = ClaimedMail(
                mail.job, granted: granted, recipients: mail.recipients, bytes: mail.bytes,
                isInternational: mail.isInternational, since: now)
            if let claimed {
                dispatcher.pool.add([claimed], for: account)
            } else {
                dispatcher.tell(.finished(mail.job.deliveries))
            }
        }
        return true
    }

    /// Takes jobs off the lane, the more the longer this connection works.
    private func takeJobs() async -> [PreparedMail] {
        let wanted = min(claimsWanted, dispatcher.share(of: account))
        claimsWanted = min(claimsWanted * 2, dispatcher.ledger.claimsAtOnce)
        var prepared: [PreparedMail] = []
        var recipients = 0
        var bytes = 0
        while recipients < wanted, bytes < Self.bytesMaximum,
            let job = dispatcher.take(account, isFirst: !hasTaken)
        {
            hasTaken = true
            // A claim needs a lease at this moment, not when the job was made.
            guard dispatcher.leases.grant(of: account) == job.grant else {
                dispatcher.tell(.finished(job.deliveries))
                continue
            }
            do {
                let mail = try await prepare(job)
                prepared.append(mail)
                recipients += mail.recipients.count
                bytes += mail.bytes.count
            } catch {
                // One mail that cannot be opened does not hold up the others.
                dispatcher.tell(.parked(job.reservations))
            }
        }
        return prepared
    }

    private func prepare(_ job: DispatchJob) async throws -> PreparedMail {
        let mail = try await dispatcher.opener.open(job.reservations[0])
        return PreparedMail(
            job: job, recipients: try job.reservations.map { try MailAddress($0.address, in: .to) },
            bytes: try render(mail, for: job.decision), isInternational: mail.isInternational)
    }

    /// Asks the ledger for the attempts of some jobs at once, and returns what it granted.
    private func claim(_ jobs: [DispatchJob]) async throws -> Set<DeliveryID> {
        let attempts = jobs.flatMap(\.attempts)
        try await dispatcher.journal.intend(attempts)
        let replies: [ClaimReply]
        do { replies = try await dispatcher.ledger.claim(jobs.flatMap(\.claims)) } catch {
            // The ledger may have granted it. Nothing was handed over, and nothing will be.
            isFailure = true
            try await dispatcher.abandon(attempts, of: account, cause: .claimUnanswered)
            return []
        }
        let superseded = Set(replies.filter { !$0.isCurrent }.map(\.delivery))
        for job in jobs where job.deliveries.contains(where: superseded.contains) {
            await dispatcher.leases.noteSuperseded(job.grant)
        }
        let granted = Set(replies.filter(\.isGranted).map(\.delivery))
        try await dispatcher.journal.forget(attempts.filter { !granted.contains($0.delivery) })
        return granted
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

    /// What the journal shall hold of a mail that ended.
    private func finish(
        _ id: Int, _ outcomes: [TransactionOutcome]
    ) -> (deliveries: [DeliveryID], conclusions: [ClaimJournal.Conclusion]) {
        guard let open = open.removeValue(forKey: id) else {
            preconditionFailure("A mail ends once, after it was taken.")
        }
        precondition(
            outcomes.count == open.attempts.count, "Every recipient has an outcome of its own.")
        let environment = dispatcher.replica.environment
        let reporting = dispatcher.reporting
        let now = environment.now()
        let elapsed = environment.uptime() - open.start
        let conclusions = zip(open.attempts, outcomes).map { attempt, outcome in
            var detail = open.detail
            detail.milliseconds = Int(clamping: elapsed.milliseconds)
            reporting.add(outcome, to: &detail, of: open.job)
            let result = reporting.outcome(
                outcome, ofAttempt: attempt.attempt.number, isBegun: open.isBegun, at: now,
                chance: environment.randomNumber())
            return (attempt: attempt, outcome: result, detail: detail)
        }
        return (open.job.deliveries, conclusions)
    }

    private func render(_ mail: OpenedMail, for decision: SenderDecision) throws -> [UInt8] {
        if let signer = mail.signedAs {
            guard signer == decision.from.text else { throw Stop.notTheSigner }
            return mail.bytes
        }
        let from = try Mailbox(name: decision.displayName, address: decision.from, in: .from)
        let standIn = try decision.replyTo.map {
            try Mailbox(name: nil, address: $0, in: .replyTo)
        }
        let headers = SenderHeaders.render(
            from: from, sender: nil, replyTo: mail.replyTo ?? standIn)
        return headers + mail.bytes
    }
}
