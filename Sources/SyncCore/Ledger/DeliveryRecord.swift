/// What a ledger knows about one delivery.
///
/// The record holds a set of facts, which only grows, and at most one reservation, which is
/// not a fact: it dies with its fence and is never replicated.
package struct DeliveryRecord: Hashable, Sendable {
    /// How many attempts a delivery may have.
    package static let attemptsMaximum = 4096
    /// How many times custody, hold or suspicion may change.
    package static let turnMaximum = 65_536

    /// Which delivery this is.
    package let delivery: DeliveryID
    /// How many bytes the rendered mail has; a large one takes longer to hand over.
    package let byteCount: Int
    /// The earliest time of the first attempt, chosen by the sender.
    package let notBefore: Timestamp
    /// When its keeper gives up, by the keeper's own clock; nil where nobody decides about it, and
    /// for a mail that is tried without an end.
    package let expires: Timestamp?

    // Invariant: ascending by attempt, each attempt once.
    package private(set) var attempts: [AttemptFacts] = []
    package private(set) var isDeclaredSent = false
    package private(set) var isCancelled = false
    /// How many times custody passed.
    package private(set) var custodyTurn = 0
    /// How many times the delivery was held or let go on.
    package private(set) var holdTurn = 0
    /// How many times the ledger's memory was suspected or cleared.
    package private(set) var suspicionTurn = 0
    /// How many times the sender's time was over or stopped counting.
    package private(set) var expiryTurn = 0
    /// The attempt that a device intends to make.
    package internal(set) var reservation: AttemptID?

    /// Creates a delivery about which nothing is known but what its sender queued.
    package init(
        delivery: DeliveryID, byteCount: Int, notBefore: Timestamp = Timestamp(milliseconds: 0),
        expires: Timestamp? = nil
    ) {
        precondition(byteCount >= 0, "A mail has no negative size.")
        self.delivery = delivery
        self.byteCount = byteCount
        self.notBefore = notBefore
        self.expires = expires
    }

    /// Which ledger decides about the delivery.
    package var custody: LedgerKeeper { custodyTurn.isMultiple(of: 2) ? .origin : .hub }
    /// Whether the delivery is kept back.
    package var isHeld: Bool { !holdTurn.isMultiple(of: 2) }
    /// Whether attempts may have been forgotten.
    package var isSuspect: Bool { !suspicionTurn.isMultiple(of: 2) }
    /// Whether the time that the sender gave it is over.
    package var isExpired: Bool { !expiryTurn.isMultiple(of: 2) }
    /// The number of the attempt that may be claimed next.
    package var nextAttempt: Int { (attempts.last?.id.number ?? 0) + 1 }

    /// The facts known about an attempt, if any.
    package func facts(about id: AttemptID) -> AttemptFacts? {
        attempts.first { $0.id == id }
    }

    /// Adds a fact.
    ///
    /// Adding it again changes nothing, and the order of additions does not matter.
    ///
    /// - Parameter fact: What is known from now on.
    /// - Returns: Whether it said something new.
    @discardableResult
    package mutating func insert(_ fact: DeliveryFact) -> Bool {
        let before = self
        switch fact {
        case .declaredSent: isDeclaredSent = true
        case .cancelled: isCancelled = true
        case .custody(let turn): custodyTurn = max(custodyTurn, turn)
        case .hold(let turn): holdTurn = max(holdTurn, turn)
        case .suspicion(let turn): suspicionTurn = max(suspicionTurn, turn)
        case .expired(let turn): expiryTurn = max(expiryTurn, turn)
        case .claimed(let id, _), .dataBegun(let id), .concluded(let id, _),
            .allowedAgain(let id):
            let index = place(of: id)
            attempts[index].insert(fact)
        }
        return self != before
    }

    /// Every fact, in one order; inserting them into an empty record gives this one again.
    package var facts: [DeliveryFact] {
        var facts = attempts.flatMap(\.facts)
        if isDeclaredSent { facts.append(.declaredSent) }
        if isCancelled { facts.append(.cancelled) }
        if custodyTurn > 0 { facts.append(.custody(turn: custodyTurn)) }
        if holdTurn > 0 { facts.append(.hold(turn: holdTurn)) }
        if suspicionTurn > 0 { facts.append(.suspicion(turn: suspicionTurn)) }
        if expiryTurn > 0 { facts.append(.expired(turn: expiryTurn)) }
        return facts
    }

    /// Where the delivery stands.
    package var state: LedgerState {
        if isDeclaredSent || attempts.contains(where: { $0.standing == .accepted }) { return .sent }
        // A person's consent passes over an attempt, whatever became of it.
        let judged = attempts.filter { !$0.isAllowedAgain }
        for attempt in judged {
            if case .open(let doubtAt) = attempt.standing {
                return .claimed(attempt.id, doubtAt: doubtAt)
            }
        }
        if let doubtful = judged.first(where: { $0.standing == .inDoubt }) {
            return .inDoubt(doubtful.id)
        }
        if isSuspect { return .inDoubt(nil) }
        if isCancelled { return .cancelled }
        if let refused = judged.first(where: { $0.standing == .refused }) {
            return .failed(refused.id)
        }
        if isExpired { return .expired }
        if isHeld { return .held }
        if let reservation { return .reserved(reservation) }
        return .queued(notBefore: retryTime(after: judged))
    }

    /// The last attempt says when to try again; an earlier one, heard of late, does not.
    private func retryTime(after attempts: [AttemptFacts]) -> Timestamp {
        guard let last = attempts.last else { return notBefore }
        var time = notBefore
        for attempt in attempts where attempt.id.number == last.id.number {
            if case .closed(let until) = attempt.standing { time = max(time, until) }
        }
        return time
    }

    private mutating func place(of id: AttemptID) -> Int {
        // Facts nearly always concern the last attempts, so the search starts there.
        var index = attempts.endIndex
        while index > 0, attempts[index - 1].id > id { index -= 1 }
        if index > 0, attempts[index - 1].id == id { return index - 1 }
        attempts.insert(AttemptFacts(id), at: index)
        return index
    }
}
