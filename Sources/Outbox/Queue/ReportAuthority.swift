import SyncCore

/// What the author of a report may say about a delivery.
///
/// The device that made an attempt knows how it ended; the ledger in custody knows what was
/// claimed and decided; persons decide at the origin or at an administrator's device.
struct ReportAuthority {
    let line: LogLine
    /// The device on which the mail was queued.
    let origin: DeviceID
    let membership: Membership

    /// Whether the author keeps a ledger that may have custody.
    var isLedger: Bool { line.device == origin || membership.isHub(line.device) }

    /// Whether persons may decide at the author.
    var mayDecide: Bool {
        !isRevoked && (isLedger || membership.wasAdmin(line.device, at: line.membershipHeight))
    }

    /// The facts that follow from a reported one.
    func counted(
        _ fact: DeliveryFact, byteCount: Int, timing: LedgerTiming
    ) -> [DeliveryFact] {
        switch fact {
        case .dataBegun(let id):
            guard line.device == id.grant.device else { return [] }
            // The ledger's claim may be heard of later, or never here. A body that is under
            // way is not in doubt meanwhile.
            let patience = timing.patience(forBytes: byteCount, leaseLasting: .zero)
            return [.claimed(id, doubtAt: line.time.timestamp.advanced(by: patience)), fact]
        case .concluded(let id, let outcome):
            if line.device == id.grant.device { return [.concluded(id, counted(outcome))] }
            // A ledger that waited long enough may say that an attempt is in doubt, not more.
            return isLedger && outcome == .inDoubt ? [fact] : []
        case .claimed(let id, _):
            return isLedger || line.device == id.grant.device ? [fact] : []
        case .allowedAgain, .declaredSent, .cancelled, .hold, .expired:
            // Nothing that a revoked device decides sends a mail again, or takes one away.
            return isLedger && !isRevoked ? [fact] : []
        case .custody, .suspicion:
            return isLedger && !isRevoked ? [fact] : []
        }
    }

    /// The word of a revoked device counts towards in doubt and sent, never back to the queue.
    private func counted(_ outcome: AttemptOutcome) -> AttemptOutcome {
        isRevoked && outcome != .accepted ? .inDoubt : outcome
    }

    /// Whether the report came after its author was revoked.
    private var isRevoked: Bool {
        guard let cutoff = membership.device(line.device)?.cutoff else { return false }
        return line.sequence > cutoff[line.feed]
    }
}
