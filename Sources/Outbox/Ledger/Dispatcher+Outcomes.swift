import SyncCore

/// How attempts end that this device made or gave up.
extension Dispatcher {
    /// How often an outcome is written before it is left to the next start.
    private static let writesMaximum = 60

    /// Writes outcomes, waiting for room on a full disk: they are worth more than the time.
    func conclude(
        _ conclusions: [ClaimJournal.Conclusion], _ dialogue: KeptDialogue? = nil
    ) async throws {
        for _ in 1..<Self.writesMaximum {
            do {
                try await journal.conclude(conclusions, dialogue)
                return
            } catch let error as StorageError where error.code == .full || error.code == .busy {
                try await replica.environment.sleep(.seconds(1))
            }
        }
        try await journal.conclude(conclusions, dialogue)
    }

    /// Closes attempts of which nothing was handed over: the mails are queued again.
    func abandon(
        _ attempts: [IntendedAttempt], of account: AccountID, cause: AttemptCause
    ) async throws {
        var detail = AttemptDetail()
        detail.account = account
        detail.cause = cause.rawValue
        let now = replica.environment.now()
        try await conclude(attempts.map { ($0, .notSent(until: now), detail) })
        afterReport()
    }

    /// Closes the attempts of mails that were claimed and will not be begun.
    func giveBack(_ mails: [ClaimedMail]) async {
        for mail in mails {
            do {
                try await abandon(
                    mail.attempts, of: mail.job.grant.account, cause: .notBegun)
            } catch {
                // The journal says at the next start that nothing was begun.
            }
            tell(.finished(mail.job.deliveries))
        }
    }
}
