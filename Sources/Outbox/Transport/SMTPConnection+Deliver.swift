extension SMTPConnection {
    /// Sends mails one after another until there are no more or the connection ends, then quits.
    ///
    /// ```swift
    /// try await connection.deliver(
    ///     next: { await claims.next() },
    ///     dataBegins: { try await journal.commitDataBegun($0) },
    ///     finished: { try await journal.commitOutcomes($0, $1) })
    /// ```
    ///
    /// Every mail that `next` gave is reported to `finished` exactly once, also when a closure
    /// throws or the task is cancelled. Where the server pipelines, `next` is asked while the
    /// verdict of the mail before is still awaited, so it must answer at once.
    ///
    /// - Parameters:
    ///   - next: The next mail, whose claim is held, or `nil` to stop.
    ///   - dataBegins: Commits to the journal that the mail's body may have been handed over.
    ///   - finished: Takes the outcomes of a mail, one for each recipient in order.
    /// - Throws: What the closures throw.
    package nonisolated func deliver(
        next: () async throws -> SMTPMail?,
        dataBegins: (Int) async throws -> Void,
        finished: (Int, [SMTPOutcome]) async throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            var open = 0
            var isExhausted = false
            do {
                while true {
                    let reports = await wait()
                    if reports.isEmpty { break }
                    for report in reports {
                        switch report {
                        case .ready where isExhausted: continue
                        case .ready:
                            guard let mail = try await next() else {
                                isExhausted = true
                                continue
                            }
                            open += 1
                            await begin(mail)
                        case .dataBegin(let id):
                            try await dataBegins(id)
                            await allowData(id)
                        case .finished(let id, let outcomes):
                            open -= 1
                            try await finished(id, outcomes)
                        case .closed: return
                        }
                    }
                }
            } catch {
                // The first error is the one that matters; the outcomes still must be known.
                for case .finished(let id, let outcomes) in await abandon() {
                    try await finished(id, outcomes)
                }
                throw error
            }
            assert(open == 0, "A mail is open while nothing is awaited.")
            await quit()
        } onCancel: {
            cancel()
        }
    }
}
