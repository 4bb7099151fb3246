package import SyncCore

/// One step of erasing what was kept long enough.
package struct ErasureStep: Hashable, Sendable {
    /// Behind which mail of the queue the next step goes on.
    package var next: Int
    /// Whether every mail that may be erased was looked at.
    package var isFinished = false
    /// How many bytes of contents were erased.
    package var erasedByteCount = 0

    /// Begins behind a mail of the queue.
    package init(next: Int) {
        self.next = next
    }
}

extension ReplicaTransaction {
    /// How many parts of contents one step erases: each is overwritten page by page, and nobody
    /// else can use the database meanwhile.
    private static let partsPerStep = 2
    /// How many mails one step looks at.
    private static let mailsPerStep = 32
    /// The last mail of the queue before which there is nothing left to erase.
    private static let floorFact = "retention floor"

    /// Where to begin: behind the mails whose contents are all gone.
    package func erasureStart() throws -> Int { try replicaStore.count(Self.floorFact) }

    /// Erases the contents of some mails for which nothing is left to do, oldest first.
    ///
    /// What goes: the rendered mail, and salt and body of the records that offered it to the
    /// hub. The chains, their signatures and the log stay. Doing it twice changes nothing.
    ///
    /// - Parameters:
    ///   - policy: How long contents are kept.
    ///   - number: The mail of the queue behind which to begin.
    /// - Returns: What was done, and where to go on.
    /// - Throws: ``StorageError``.
    package func eraseContents(
        by policy: RetentionPolicy, after number: Int
    ) throws -> ErasureStep {
        let now = environment.now()
        var step = ErasureStep(next: number)
        var partsLeft = Self.partsPerStep
        var floor = try replicaStore.count(Self.floorFact)
        let candidates = try outbox.erasable(after: number, limit: Self.mailsPerStep)
        // Whether everything up to the mail that is looked at is gone.
        var isGapless = number <= floor
        for candidate in candidates {
            // What is not known any more was done and retired from the log: its time is over.
            if let mail = try outbox.mail(candidate.message) {
                guard mail.time.timestamp < policy.queuedBefore(now) else {
                    step.isFinished = true
                    break
                }
                guard try candidate.isErased || isOver(mail, policy, at: now) else {
                    isGapless = false
                    step.next = candidate.number
                    continue
                }
            }
            if !candidate.isErased { try forget(candidate, at: now) }
            let erased = try outbox.eraseParts(of: candidate.content, maximum: partsLeft)
            step.erasedByteCount += erased.byteCount
            partsLeft -= erased.count
            // The rest of a large one goes in the next step.
            if partsLeft == 0 { break }
            step.next = candidate.number
            if isGapless { floor = candidate.number }
        }
        if candidates.isEmpty { step.isFinished = true }
        if try floor > replicaStore.count(Self.floorFact) {
            try replicaStore.setCount(Self.floorFact, floor)
        }
        return step
    }

    private func isOver(
        _ mail: QueuedMail, _ policy: RetentionPolicy, at now: Timestamp
    ) throws -> Bool {
        let deliveries = try outbox.deliveries(of: mail.message)
        guard !deliveries.isEmpty, deliveries.allSatisfy(\.state.isFinal) else { return false }
        let end = try outbox.lastTime(of: mail.message) ?? mail.time
        return policy.isOver(type: mail.type, since: end.timestamp, at: now)
    }

    private func forget(_ candidate: OutboxStore.Erasable, at now: Timestamp) throws {
        try outbox.markErased(candidate, at: now)
        for offer in try outbox.offerRecords(of: candidate.message, by: identity.id) {
            try feeds.eraseContent(of: offer.feed, [offer.sequence])
        }
    }
}
