extension DeliveryLedger {
    /// Carries out a person's decision about a delivery in doubt.
    ///
    /// Each doubt can be resolved into one more handing over, once. An attempt that is refused
    /// afterwards without taking the mail is repeated as usual; one that comes in doubt needs a
    /// decision of its own.
    package func resolve(
        _ record: inout DeliveryRecord, _ resolution: LedgerResolution
    ) -> LedgerAnswer {
        guard record.custody == keeper else { return refuse(.notInCustody, record) }
        switch resolution {
        case .sent:
            if record.state == .sent { return .success(.sent) }
            guard case .inDoubt = record.state else { return refuse(.nothingToResolve, record) }
            record.insert(.declaredSent)
        case .resend(.memory(let turn)):
            // Repeated after the suspicion was lifted: decided already.
            if !record.isSuspect, turn < record.suspicionTurn { return .success(record.state) }
            guard record.isSuspect, turn == record.suspicionTurn else {
                return refuse(.nothingToResolve, record)
            }
            record.insert(.suspicion(turn: turn + 1))
        case .resend(.attempt(let id)):
            guard let attempt = record.facts(about: id) else {
                return refuse(.nothingToResolve, record)
            }
            if attempt.isAllowedAgain { return .success(record.state) }
            guard attempt.standing == .inDoubt else { return refuse(.nothingToResolve, record) }
            record.insert(.allowedAgain(id))
        }
        return .success(record.state)
    }

    /// Lets a refused delivery be tried again, or a waiting one be tried now.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - id: The attempt after which to try again; it must be over, with nothing taken.
    /// - Returns: The state, or why not. In doubt is not refused: it must be resolved.
    package func retry(_ record: inout DeliveryRecord, after id: AttemptID) -> LedgerAnswer {
        guard record.custody == keeper else { return refuse(.notInCustody, record) }
        guard let attempt = record.facts(about: id) else {
            return refuse(.nothingToResolve, record)
        }
        if attempt.isAllowedAgain { return .success(record.state) }
        switch attempt.standing {
        case .refused, .closed: record.insert(.allowedAgain(id))
        case .inDoubt: return refuse(.inDoubt, record)
        case .open: return refuse(.sending, record)
        case .accepted: return refuse(.sent, record)
        }
        return .success(record.state)
    }

    /// Lets a delivery go on whose time is over; from then on it has no end but a verdict.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - turn: The ``DeliveryRecord/expiryTurn`` that the person saw; it makes a repeated request
    ///     do nothing.
    /// - Returns: The state, or why not.
    package func extend(_ record: inout DeliveryRecord, seen turn: Int) -> LedgerAnswer {
        guard record.custody == keeper else { return refuse(.notInCustody, record) }
        if turn < record.expiryTurn { return .success(record.state) }
        guard record.isExpired, turn == record.expiryTurn else {
            return refuse(.nothingToResolve, record)
        }
        record.insert(.expired(turn: turn + 1))
        return .success(record.state)
    }

    /// Cancels a delivery that was certainly not handed over.
    package func cancel(_ record: inout DeliveryRecord) -> LedgerAnswer {
        guard record.custody == keeper else { return refuse(.notInCustody, record) }
        switch record.state {
        case .queued, .reserved, .held:
            record.reservation = nil
            record.insert(.cancelled)
        case .cancelled: break
        case .claimed: return refuse(.sending, record)
        case .inDoubt: return refuse(.inDoubt, record)
        case .sent: return refuse(.sent, record)
        case .failed: return refuse(.failed, record)
        case .expired: return refuse(.expired, record)
        }
        return .success(record.state)
    }

    /// Keeps a delivery back: no new attempt begins.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - turn: The ``DeliveryRecord/holdTurn`` that the person saw. A request that is repeated
    ///     after the delivery was released is recognised by it, and does nothing.
    /// - Returns: The state; a delivery on its way is held when its attempt has ended.
    package func hold(_ record: inout DeliveryRecord, seen turn: Int) -> LedgerAnswer {
        setHold(true, in: &record, seen: turn)
    }

    /// Lets a held delivery go on.
    ///
    /// - Parameters:
    ///   - record: The delivery.
    ///   - turn: The ``DeliveryRecord/holdTurn`` that the person saw.
    /// - Returns: The state.
    package func unhold(_ record: inout DeliveryRecord, seen turn: Int) -> LedgerAnswer {
        setHold(false, in: &record, seen: turn)
    }

    /// Passes custody to the hub.
    ///
    /// The caller commits `offered` in the same transaction.
    ///
    /// Only the origin offers, and only what it is neither sending nor in doubt about. An offer
    /// that was made already is confirmed.
    package func offer(_ record: inout DeliveryRecord) -> LedgerAnswer {
        if record.custody == .hub { return .success(record.state) }
        return passCustody(of: &record, from: .origin)
    }

    /// Gives custody back to the origin.
    ///
    /// The caller commits `returned` in the same transaction.
    package func giveBack(_ record: inout DeliveryRecord) -> LedgerAnswer {
        if record.custody == .origin { return .success(record.state) }
        return passCustody(of: &record, from: .hub)
    }

    /// Takes custody back by force, at the origin.
    ///
    /// The delivery is in doubt then, because the hub may have had it sent.
    /// A delivery that the origin has already is not changed.
    package func recall(_ record: inout DeliveryRecord) -> LedgerAnswer {
        guard keeper == .origin else { return refuse(.notInCustody, record) }
        if record.custody == .origin || record.state.isFinal { return .success(record.state) }
        record.insert(.custody(turn: record.custodyTurn + 1))
        return suspect(&record)
    }

    /// Holds a delivery in doubt because this ledger may have forgotten attempts.
    package func suspect(_ record: inout DeliveryRecord) -> LedgerAnswer {
        record.reservation = nil
        if !record.isSuspect, !record.state.isFinal {
            record.insert(.suspicion(turn: record.suspicionTurn + 1))
        }
        return .success(record.state)
    }

    /// Ends the suspicion: every device that may have made a forgotten attempt was heard.
    ///
    /// The evidence must have been reported before. A suspicion that began later stands.
    package func clear(_ record: inout DeliveryRecord, suspicion turn: Int) -> LedgerAnswer {
        if record.isSuspect, record.suspicionTurn == turn {
            record.insert(.suspicion(turn: turn + 1))
        }
        return .success(record.state)
    }

    private func setHold(
        _ isHeld: Bool, in record: inout DeliveryRecord, seen turn: Int
    ) -> LedgerAnswer {
        guard record.custody == keeper else { return refuse(.notInCustody, record) }
        guard record.holdTurn == turn, record.isHeld != isHeld else {
            return .success(record.state)
        }
        switch record.state {
        case .sent: return refuse(.sent, record)
        case .cancelled: return refuse(.cancelled, record)
        case .queued, .reserved, .claimed, .inDoubt, .failed, .expired, .held: break
        }
        record.reservation = nil
        record.insert(.hold(turn: turn + 1))
        return .success(record.state)
    }

    private func passCustody(
        of record: inout DeliveryRecord, from owner: LedgerKeeper
    ) -> LedgerAnswer {
        guard keeper == owner else { return refuse(.notInCustody, record) }
        switch record.state {
        case .queued, .reserved, .held, .failed, .expired: break
        case .claimed: return refuse(.sending, record)
        case .inDoubt: return refuse(.inDoubt, record)
        case .sent: return refuse(.sent, record)
        case .cancelled: return refuse(.cancelled, record)
        }
        record.reservation = nil
        record.insert(.custody(turn: record.custodyTurn + 1))
        return .success(record.state)
    }

    private func refuse(_ code: LedgerRefusal.Code, _ record: DeliveryRecord) -> LedgerAnswer {
        .failure(LedgerRefusal(code, record.delivery))
    }
}
