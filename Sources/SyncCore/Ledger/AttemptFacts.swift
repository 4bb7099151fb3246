/// Everything that is known about one attempt.
///
/// Each part only grows, so joining facts is commutative, associative and idempotent.
package struct AttemptFacts: Hashable, Sendable {
    /// How one attempt bears on the delivery.
    package enum Standing: Hashable, Sendable {
        /// It was claimed and may be handing over the body at this moment.
        case open(doubtAt: Timestamp)
        /// The body may have been handed over.
        case inDoubt
        /// It is over, and nothing was taken. Another attempt may be made at a time.
        case closed(until: Timestamp)
        /// It is over, and another attempt would end the same way.
        case refused
        /// The server took the mail.
        case accepted
    }

    /// Which attempt this is.
    package let id: AttemptID
    /// When the claim comes in doubt by itself; nil while the claim itself was not heard of.
    package private(set) var doubtAt: Timestamp?
    /// Whether the device wrote down that it would hand over the body.
    package private(set) var isDataBegun = false
    /// The most that was said about its end.
    package private(set) var outcome: AttemptOutcome?
    /// Whether a person allowed one more attempt in spite of it.
    package private(set) var isAllowedAgain = false

    init(_ id: AttemptID) {
        self.id = id
    }

    /// How the attempt bears on the delivery.
    package var standing: Standing {
        switch outcome {
        case .accepted: .accepted
        case .refusedPermanently: .refused
        case .refusedTemporarily(let until): .closed(until: until)
        // A device that wrote down that the body would go cannot later know that it did not:
        // it was restored from a backup.
        case .notSent(let until): isDataBegun ? .inDoubt : .closed(until: until)
        case .inDoubt: .inDoubt
        // An attempt without a claim was forgotten by the ledger that made the claim.
        case nil: doubtAt.map { .open(doubtAt: $0) } ?? .inDoubt
        }
    }

    mutating func insert(_ fact: DeliveryFact) {
        switch fact {
        // If two times were given, the later one: doubt must not come too soon.
        case .claimed(_, let time): doubtAt = max(doubtAt ?? time, time)
        case .dataBegun: isDataBegun = true
        case .concluded(_, let end): outcome = max(outcome ?? end, end)
        case .allowedAgain: isAllowedAgain = true
        case .declaredSent, .cancelled, .custody, .hold, .suspicion, .expired:
            preconditionFailure("A fact about the whole delivery is not about an attempt.")
        }
    }

    /// The facts, in their own order.
    var facts: [DeliveryFact] {
        var facts: [DeliveryFact] = []
        if let doubtAt { facts.append(.claimed(id, doubtAt: doubtAt)) }
        if isDataBegun { facts.append(.dataBegun(id)) }
        if let outcome { facts.append(.concluded(id, outcome)) }
        if isAllowedAgain { facts.append(.allowedAgain(id)) }
        return facts
    }
}
