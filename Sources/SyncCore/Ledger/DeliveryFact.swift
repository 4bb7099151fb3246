/// One attempt to send one delivery: its number, and the grant under which it was made.
///
/// A ledger claims each number once. Two attempts with one number therefore prove that a
/// ledger granted it twice; both are kept, and each is judged by its own facts.
package struct AttemptID: Hashable, Comparable, Sendable {
    /// The place in the order of attempts, from 1.
    package let number: Int
    /// Who made the attempt, for which account and under which fence.
    package let grant: LeaseGrant

    package init(number: Int, grant: LeaseGrant) {
        precondition(number >= 1, "Attempts are numbered from 1.")
        self.number = number
        self.grant = grant
    }

    package static func < (a: AttemptID, b: AttemptID) -> Bool {
        if a.number != b.number { return a.number < b.number }
        return a.grant < b.grant
    }
}

/// How an attempt ended, as far as is known; a later case says more than an earlier one.
package enum AttemptOutcome: Hashable, Comparable, Sendable {
    /// The body may have been handed over, and no verdict came back.
    case inDoubt
    /// The body was certainly not handed over; try again at a time.
    case notSent(until: Timestamp)
    /// The server refused for now; try again at a time.
    case refusedTemporarily(until: Timestamp)
    /// The server refused for good.
    case refusedPermanently
    /// The server took the mail.
    case accepted
}

/// Something that is known about a delivery, and stays known.
///
/// Facts are a set: they may arrive in any order and any number of times, and the same facts
/// give the same ``LedgerState``.
package enum DeliveryFact: Hashable, Comparable, Sendable {
    /// The ledger claimed an attempt; it comes in doubt at a time if nothing more is heard.
    case claimed(AttemptID, doubtAt: Timestamp)
    /// The device wrote down that it was about to hand over the body.
    case dataBegun(AttemptID)
    /// An attempt ended.
    case concluded(AttemptID, AttemptOutcome)
    /// A person allowed one more attempt in spite of this one.
    case allowedAgain(AttemptID)
    /// A person declared the delivery sent.
    case declaredSent
    /// A person cancelled the delivery.
    case cancelled
    /// Custody passed: to the hub with an odd number, back to the origin with an even one.
    case custody(turn: Int)
    /// A person or rule held the delivery (odd) or let it go on (even).
    case hold(turn: Int)
    /// Whoever decides may have forgotten attempts (odd), or knows all of them again (even).
    case suspicion(turn: Int)
    /// The time that the sender gave the delivery is over (odd), or no longer counts (even).
    case expired(turn: Int)

    /// The attempt the fact is about, if it is about one.
    package var attempt: AttemptID? {
        switch self {
        case .claimed(let attempt, _), .dataBegun(let attempt), .concluded(let attempt, _),
            .allowedAgain(let attempt):
            attempt
        case .declaredSent, .cancelled, .custody, .hold, .suspicion, .expired: nil
        }
    }

    /// What the fact says as evidence of the device that made the attempt, if it can be one.
    package var evidence: (attempt: AttemptID, evidence: AttemptEvidence)? {
        switch self {
        case .dataBegun(let attempt): (attempt, .dataBegun)
        case .concluded(let attempt, let outcome): (attempt, .concluded(outcome))
        case .claimed, .allowedAgain, .declaredSent, .cancelled, .custody, .hold, .suspicion,
            .expired:
            nil
        }
    }
}
