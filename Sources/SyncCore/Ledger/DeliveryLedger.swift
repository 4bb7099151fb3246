/// What a ledger answers: where the delivery stands now, or why nothing was done.
package typealias LedgerAnswer = Result<LedgerState, LedgerRefusal>

/// What the device that made an attempt knows about it.
package enum AttemptEvidence: Hashable, Sendable {
    /// It wrote down that it was about to hand over the body.
    case dataBegun
    /// The attempt ended.
    case concluded(AttemptOutcome)
}

/// What a doubt is about; a decision names it, so that repeating the decision decides once.
package enum LedgerDoubt: Hashable, Sendable {
    /// An attempt whose verdict is unknown, or that was refused for good.
    case attempt(AttemptID)
    /// The memory of the ledger, by the number of the ``DeliveryFact/suspicion(turn:)``.
    case memory(turn: Int)
}

/// What a person decided about a delivery in doubt.
package enum LedgerResolution: Hashable, Sendable {
    /// It arrived. Nothing more is sent.
    case sent
    /// Send it again: exactly one more handing over, whatever became of this one.
    case resend(after: LedgerDoubt)
}

/// The rules by which a ledger decides, the same for the hub's and the origin's own.
///
/// Each operation looks at one ``DeliveryRecord`` and either changes it or refuses; the caller
/// runs a batch of them in one transaction. Repeating an operation with the same arguments
/// gives the same answer and has no second effect. No operation but ``resolve(_:_:)`` and
/// ``retry(_:after:)`` leads a delivery that may have been handed over back to the queue, except
/// evidence that it was not.
package struct DeliveryLedger: Sendable {
    /// Which ledger this is.
    ///
    /// It decides only about deliveries in its custody.
    package let keeper: LedgerKeeper
    /// Who may claim at this moment.
    package let leases: LiveLeases
    package let timing: LedgerTiming

    package init(
        keeper: LedgerKeeper, leases: LiveLeases = LiveLeases(),
        timing: LedgerTiming = LedgerTiming()
    ) {
        self.keeper = keeper
        self.leases = leases
        self.timing = timing
    }

    /// Notes that a device intends to send a delivery, and answers with the attempt's number.
    ///
    /// The reservation keeps others away until the grant ends; it allows nothing to be sent.
    package func reserve(
        _ record: inout DeliveryRecord, under grant: LeaseGrant, at now: Timestamp
    ) -> LedgerAnswer {
        if let refusal = obstacle(to: grant, in: record, at: now) {
            return .failure(LedgerRefusal(refusal, record.delivery))
        }
        record.reservation = AttemptID(number: record.nextAttempt, grant: grant)
        return .success(record.state)
    }

    /// Lets go of a reservation.
    ///
    /// Without one the answer is the state.
    package func release(
        _ record: inout DeliveryRecord, under grant: LeaseGrant
    ) -> LedgerAnswer {
        if record.reservation?.grant == grant { record.reservation = nil }
        return .success(record.state)
    }

    /// Gives one attempt to one device: the compare-and-set immediately before DATA.
    ///
    /// The device begins only after it has written down `data begun`, and only while its own
    /// election still returns the grant. Until evidence or doubt, nobody else gets an attempt.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - number: The attempt the device learned from ``reserve(_:under:at:)``.
    ///   - grant: The lease it holds.
    ///   - now: The ledger's time.
    /// - Returns: The state `claimed`, or why not.
    package func claim(
        _ record: inout DeliveryRecord, attempt number: Int, under grant: LeaseGrant,
        at now: Timestamp
    ) -> LedgerAnswer {
        // The lost reply to a claim that was made: the claim stands.
        if case .claimed(let id, _) = record.state, id.number == number, id.grant == grant {
            return .success(record.state)
        }
        if let refusal = obstacle(to: grant, in: record, at: now) {
            return .failure(LedgerRefusal(refusal, record.delivery))
        }
        guard number == record.nextAttempt, let lease = leases[grant.account] else {
            return .failure(LedgerRefusal(.wrongAttempt, record.delivery))
        }
        let id = AttemptID(number: number, grant: grant)
        precondition(record.facts(about: id) == nil, "An attempt is claimed once.")
        let patience = timing.patience(
            forBytes: record.byteCount, leaseLasting: lease.remaining)
        record.insert(.claimed(id, doubtAt: now.advanced(by: patience)))
        record.reservation = nil
        return .success(record.state)
    }

    /// Takes in what the device that made an attempt knows about it.
    ///
    /// Evidence is accepted at any time, also under a fence of long ago, without custody, and
    /// of an attempt this ledger does not remember: it only narrows doubt. The word of a
    /// revoked device counts towards in doubt and sent, never back to the queue.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - evidence: What is known.
    ///   - id: The attempt.
    ///   - reporter: The device whose signature the evidence bears.
    ///   - isRevoked: Whether it came after the device was revoked.
    /// - Returns: The state, or the refusal of a report by another device.
    package func report(
        _ record: inout DeliveryRecord, _ evidence: AttemptEvidence, about id: AttemptID,
        by reporter: DeviceID, isRevoked: Bool = false
    ) -> LedgerAnswer {
        guard reporter == id.grant.device else {
            return .failure(LedgerRefusal(.notTheSender, record.delivery))
        }
        guard id.number <= DeliveryRecord.attemptsMaximum else {
            return .failure(LedgerRefusal(.attemptsExhausted, record.delivery))
        }
        switch evidence {
        case .dataBegun:
            record.insert(.dataBegun(id))
        case .concluded(let outcome):
            let counted = isRevoked && outcome != .accepted ? .inDoubt : outcome
            record.insert(.concluded(id, counted))
        }
        if record.reservation == id { record.reservation = nil }
        return .success(record.state)
    }

    /// Lets time pass: reservations whose grant ended die, and silent claims come in doubt.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - now: The ledger's time.
    /// - Returns: Whether the record changed.
    @discardableResult
    package func expire(_ record: inout DeliveryRecord, at now: Timestamp) -> Bool {
        var isChanged = false
        if let reservation = record.reservation, !leases.contains(reservation.grant) {
            record.reservation = nil
            isChanged = true
        }
        for attempt in record.attempts {
            if case .open(let doubtAt) = attempt.standing, now >= doubtAt {
                isChanged = record.insert(.concluded(attempt.id, .inDoubt)) || isChanged
            }
        }
        return isChanged
    }

    /// Gives a delivery up when the time that its sender gave it is over.
    ///
    /// On a clock that may be wrong nothing fails: the delivery is held until a person decides,
    /// and its time counts no longer. Nothing that is being sent or in doubt is given up.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - now: The ledger's time.
    ///   - isClockTrusted: Whether that time is believed.
    /// - Returns: Whether the record changed.
    @discardableResult
    package func lapse(
        _ record: inout DeliveryRecord, at now: Timestamp, isClockTrusted: Bool
    ) -> Bool {
        guard record.custody == keeper, record.expiryTurn == 0, let expires = record.expires,
            now >= expires
        else { return false }
        switch record.state {
        case .queued, .reserved: break
        case .claimed, .inDoubt, .sent, .failed, .expired, .cancelled, .held: return false
        }
        record.reservation = nil
        if isClockTrusted {
            record.insert(.expired(turn: 1))
        } else {
            record.insert(.expired(turn: 2))
            record.insert(.hold(turn: record.holdTurn + 1))
        }
        return true
    }

    private func obstacle(
        to grant: LeaseGrant, in record: DeliveryRecord, at now: Timestamp
    ) -> LedgerRefusal.Code? {
        guard record.custody == keeper else { return .notInCustody }
        guard leases.contains(grant) else { return .staleFence }
        guard record.nextAttempt <= DeliveryRecord.attemptsMaximum else {
            return .attemptsExhausted
        }
        switch record.state {
        case .queued(let notBefore): return now < notBefore ? .tooEarly : nil
        // A reservation whose grant ended is void, whether or not it was swept away yet.
        case .reserved(let id):
            if id.grant == grant { return nil }
            return leases.contains(id.grant) ? .taken : stale(record, at: now)
        case .claimed: return .taken
        case .inDoubt: return .inDoubt
        case .sent: return .sent
        case .failed: return .failed
        case .expired: return .expired
        case .cancelled: return .cancelled
        case .held: return .held
        }
    }

    private func stale(_ record: DeliveryRecord, at now: Timestamp) -> LedgerRefusal.Code? {
        var swept = record
        swept.reservation = nil
        guard case .queued(let notBefore) = swept.state else { return .taken }
        return now < notBefore ? .tooEarly : nil
    }
}
