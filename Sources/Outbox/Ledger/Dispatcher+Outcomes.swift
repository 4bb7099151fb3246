import SyncCore

/// How attempts end that this device made or gave up.
extension Dispatcher {
    /// The cause of an attempt that was claimed ahead and not made.
    static let notBegunCause = "NOT_BEGUN"
    /// How often an outcome is written before it is left to the next start.
    private static let writesMaximum = 60

    /// Writes outcomes, waiting for room on a full disk: they are worth more than the time.
    func conclude(_ conclusions: [ClaimJournal.Conclusion]) async throws {
        for _ in 1..<Self.writesMaximum {
            do {
                try await journal.conclude(conclusions)
                return
            } catch let error as StorageError where error.code == .full || error.code == .busy {
                try await replica.environment.sleep(.seconds(1))
            }
        }
        try await journal.conclude(conclusions)
    }

    /// Closes attempts of which nothing was handed over: the mails are queued again.
    func abandon(
        _ attempts: [IntendedAttempt], of account: AccountID, cause: String
    ) async throws {
        var detail = AttemptDetail()
        detail.account = account
        detail.cause = cause
        let now = replica.environment.now()
        try await conclude(attempts.map { ($0, .notSent(until: now), detail) })
        afterReport()
    }

    /// Closes the attempts of mails that were claimed and will not be begun.
    func giveBack(_ mails: [ClaimedMail]) async {
        for mail in mails {
            do {
                try await abandon(
                    mail.attempts, of: mail.job.grant.account, cause: Self.notBegunCause)
            } catch {
                // The journal says at the next start that nothing was begun.
            }
            tell(.finished(mail.job.deliveries))
        }
    }
}
