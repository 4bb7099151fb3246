package import SyncCore

/// What a person can decide about a delivery.
package enum OutboxDecision: String, Hashable, Sendable, CaseIterable {
    /// Try a refused delivery again, or a waiting one now.
    case retry
    case cancel
    case hold
    case release
    /// A delivery in doubt arrived.
    case resolveSent
    /// A delivery in doubt shall be sent once more.
    case resolveResend
    /// The origin takes a delivery back from the hub by force; it is in doubt then.
    case recall
}

/// What became of a decision.
package enum DecisionAnswer: Hashable, Sendable {
    /// It was carried out, or had been before.
    case done(LedgerState)
    /// The ledger in custody was asked («solicitada»).
    case requested
}

extension ReplicaTransaction {
    /// Carries out a person's decision, or asks the ledger in custody to.
    ///
    /// The same decision again changes nothing.
    ///
    /// - Parameters:
    ///   - decision: What was decided.
    ///   - id: The delivery.
    ///   - actor: Who decided.
    ///   - note: Why, in the person's words.
    /// - Returns: Where the delivery stands, or that its ledger was asked; nothing if the
    ///   delivery is not known here.
    /// - Throws: ``LedgerRefusal`` if it is not possible as the delivery stands or its contents
    ///   were lost, and ``ErasedContentError`` if they were erased.
    package func decide(
        _ decision: OutboxDecision, about id: DeliveryID, actor: String, note: String? = nil
    ) throws -> DecisionAnswer? {
        guard let mail = try outbox.mail(id.message), let record = try outbox.delivery(id) else {
            return nil
        }
        var next = record
        let isOrigin = mail.device == identity.id
        if decision == .retry || decision == .resolveResend, record.custody == .origin,
            let time = try outbox.erasureTime(of: id.message)
        {
            throw ErasedContentError(time: time)
        }
        // The ledger in custody would not listen to anybody else.
        guard isOrigin || membership.may(identity.id, .admin) else {
            throw MembershipError(.notPermitted)
        }
        guard decision != .recall || isOrigin else { throw LedgerRefusal(.notTheOrigin, id) }
        if isOrigin, record.custody == .origin, try outbox.ownMail(id.message) == nil {
            guard decision != .retry, decision != .resolveResend else {
                throw LedgerRefusal(.contentGone, id)
            }
            // Nothing is left that a doubt could keep from being sent.
            if decision == .cancel {
                _ = DeliveryLedger(keeper: .origin).clear(&next, suspicion: next.suspicionTurn)
            }
        }
        // The rules are those of the ledger in custody, wherever it is.
        let keeper = decision == .recall ? .origin : record.custody
        let state = try DeliveryLedger(keeper: keeper).carryOut(decision, on: &next).get()
        let isOurs = isOrigin && keeper == .origin
        let known = Set(record.facts)
        let facts = next.facts.filter { !known.contains($0) }
        if isOurs { try outbox.save(next) }
        for fact in facts {
            var detail = AttemptDetail()
            detail.note = note
            detail.reason = isOurs ? nil : DeliveryReport.requestedReason
            try append(
                DeliveryReport(delivery: id, fact: fact, detail: detail),
                kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(mail.branch),
                actor: actor)
        }
        return isOurs || facts.isEmpty ? .done(state) : .requested
    }

    /// Whether other devices asked something of mails in this device's custody.
    package func hasRequests() throws -> Bool {
        try !outbox.requestsToOrigin(of: identity.id, maximum: 1).isEmpty
    }

    /// Decides about what other devices asked of mails in this device's custody.
    ///
    /// - Returns: How many requests were answered.
    @discardableResult
    package func answerRequests(maximum: Int = OutboxStore.pageMaximum) throws -> Int {
        let requests = try outbox.requestsToOrigin(of: identity.id, maximum: maximum)
        for (id, branch, fact) in requests {
            guard var record = try outbox.delivery(id) else { continue }
            var report = DeliveryReport(delivery: id, fact: fact, detail: AttemptDetail())
            let known = Set(record.facts)
            let isLost = try fact.sendsAgain && !outbox.hasContent(of: id.message)
            let answer =
                isLost
                ? .failure(LedgerRefusal(.contentGone, id))
                : DeliveryLedger(keeper: .origin).carryOut(fact, on: &record)
            if case .success = answer, record.facts.contains(fact) {
                try outbox.save(record)
            } else {
                var detail = AttemptDetail()
                detail.reason = DeliveryReport.refusedReason
                if case .failure(let refusal) = answer { detail.cause = refusal.code.rawValue }
                report = DeliveryReport(delivery: id, fact: nil, detail: detail)
            }
            if !known.contains(fact) {
                try append(
                    report, kind: DeliveryReport.recordKind, topic: .audit,
                    scope: .branch(branch), actor: "agent")
            }
            try outbox.removeRequest(fact, about: id)
        }
        return requests.count
    }
}

extension OutboxStore {
    func requestsToOrigin(
        of device: DeviceID, maximum: Int
    ) throws -> [(DeliveryID, BranchID, DeliveryFact)] {
        try connection.rows(
            """
            SELECT r.message, r.recipient, m.branch, r.fact FROM delivery_request r
            JOIN mail m ON m.id = r.message AND m.device = ?
            JOIN delivery d ON d.message = r.message AND d.recipient = r.recipient
                AND d.custody = ?
            ORDER BY r.message, r.recipient, r.fact LIMIT ?
            """,
            .bytes(device.bytes), .integer(LedgerKeeper.origin.rawValue), .integer(maximum)
        ) { row in
            (
                DeliveryID(
                    message: try MessageID(stored: row.bytes(0)), recipient: row.integer(1)),
                try BranchID(stored: row.text(2)),
                try DeliveryFact(canonicalBytes: row.bytes(3))
            )
        }
    }
}

extension DeliveryLedger {
    /// Carries out a decision by the rule that belongs to it.
    func carryOut(
        _ decision: OutboxDecision, on record: inout DeliveryRecord
    ) -> LedgerAnswer {
        switch decision {
        case .retry:
            if case .inDoubt = record.state {
                return .failure(LedgerRefusal(.inDoubt, record.delivery))
            }
            if record.isExpired { return extend(&record, seen: record.expiryTurn) }
            guard let attempt = record.lastOpenQuestion else { return .success(record.state) }
            return retry(&record, after: attempt)
        case .cancel: return cancel(&record)
        case .hold: return hold(&record, seen: record.holdTurn)
        case .release: return unhold(&record, seen: record.holdTurn)
        case .recall: return recall(&record)
        case .resolveSent: return resolve(&record, .sent)
        case .resolveResend:
            guard case .inDoubt(let attempt) = record.state else {
                return .failure(LedgerRefusal(.nothingToResolve, record.delivery))
            }
            let doubt = attempt.map { LedgerDoubt.attempt($0) }
            return resolve(
                &record, .resend(after: doubt ?? .memory(turn: record.suspicionTurn)))
        }
    }

    /// Carries out a decision that arrived as the fact it would make.
    package func carryOut(
        _ fact: DeliveryFact, on record: inout DeliveryRecord
    ) -> LedgerAnswer {
        switch fact {
        case .allowedAgain(let id):
            if record.facts(about: id)?.standing == .inDoubt {
                return resolve(&record, .resend(after: .attempt(id)))
            }
            return retry(&record, after: id)
        case .declaredSent: return resolve(&record, .sent)
        case .cancelled: return cancel(&record)
        case .hold(let turn):
            return turn.isMultiple(of: 2)
                ? unhold(&record, seen: turn - 1) : hold(&record, seen: turn - 1)
        case .expired(let turn): return extend(&record, seen: turn - 1)
        case .suspicion(let turn):
            return resolve(&record, .resend(after: .memory(turn: turn - 1)))
        case .claimed, .dataBegun, .concluded, .custody:
            return .failure(LedgerRefusal(.nothingToResolve, record.delivery))
        }
    }
}

extension DeliveryFact {
    /// Whether it asks that a delivery be handed over once more.
    fileprivate var sendsAgain: Bool {
        switch self {
        case .allowedAgain: true
        case .suspicion(let turn): turn.isMultiple(of: 2)
        case .claimed, .dataBegun, .concluded, .custody, .hold, .declaredSent, .cancelled, .expired:
            false
        }
    }
}

extension DeliveryRecord {
    /// The attempt that a person who asks for another one means: the one that was refused, or
    /// else the last.
    fileprivate var lastOpenQuestion: AttemptID? {
        if case .failed(let id) = state { return id }
        return attempts.last { !$0.isAllowedAgain }?.id
    }
}
