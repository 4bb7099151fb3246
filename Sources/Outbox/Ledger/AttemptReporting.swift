import SyncCore

/// Says, for the ledger and the log, how attempts ended.
struct AttemptReporting: Sendable {
    let timings: Timings

    /// How many times the wait after a refusal doubles.
    private static let doublingsMaximum = 6

    /// What a server's answer means for the attempt.
    ///
    /// - Parameters:
    ///   - outcome: What the connection saw.
    ///   - attempt: The attempt's number.
    ///   - isBegun: Whether the journal holds that the body may be handed over.
    ///   - now: Wall time.
    ///   - chance: An unpredictable number that spreads the waits.
    /// - Returns: The outcome to report.
    func outcome(
        _ outcome: TransactionOutcome, ofAttempt attempt: Int, isBegun: Bool, at now: Timestamp,
        chance: UInt64
    ) -> AttemptOutcome {
        let until = now.advanced(by: wait(afterAttempt: attempt, chance: chance))
        switch outcome {
        case .accepted: return .accepted
        case .refused(isPermanent: true, _): return .refusedPermanently
        case .refused(isPermanent: false, _): return .refusedTemporarily(until: until)
        // Another account may send it at once.
        case .senderRefused: return .refusedTemporarily(until: now)
        case .inDoubt: return .inDoubt
        // The ledger does not believe "not sent" of a journal that says "begun", because a
        // restored device would say so too. The process that made the attempt does know.
        case .notSent: return isBegun ? .refusedTemporarily(until: until) : .notSent(until: until)
        }
    }

    /// How long to wait after a failed attempt: longer each time, and never in step.
    func wait(afterAttempt attempt: Int, chance: UInt64) -> Duration {
        let growth = 1 << min(max(attempt - 1, 0), Self.doublingsMaximum)
        let wait = timings.retry * growth
        return wait + wait / 4 * Int(chance % 1024) / 1024
    }

    /// What people want to know about an attempt before it ended.
    func detail(of job: DispatchJob, at server: MailServer) -> AttemptDetail {
        var detail = AttemptDetail()
        detail.account = job.decision.account
        detail.credential = job.decision.credential.rawValue
        detail.reason = job.decision.reason.rawValue
        detail.from = job.decision.from.text
        detail.host = server.host
        detail.port = server.port
        detail.security = server.security
        return detail
    }

    /// Adds what the server said.
    func add(_ outcome: TransactionOutcome, to detail: inout AttemptDetail, of job: DispatchJob) {
        switch outcome {
        case .accepted(let reply):
            detail.reply = Self.limited(reply)
            detail.text = job.decision.logText.es
        case .refused(_, let reply): detail.reply = Self.limited(reply)
        case .senderRefused(let reply):
            detail.cause = DiagnosisCode.fromNotAllowed.rawValue
            detail.reply = Self.limited(reply)
        case .notSent(let cause, let reply):
            detail.cause = cause
            detail.reply = reply.map(Self.limited)
        case .inDoubt(let cause): detail.cause = cause
        }
    }

    /// A reply of a length that the log takes, cut between characters.
    static func limited(_ reply: String) -> String {
        var text = reply
        while text.utf8.count > AttemptDetail.replyByteCountMaximum { text.removeLast() }
        return text
    }
}
