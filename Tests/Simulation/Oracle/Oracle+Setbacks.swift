import SyncCore
import Synchronization

/// A disk that was put back to an earlier state.
struct Setback: Sendable {
    /// The device, or 0 for the hub.
    let device: Int
    let time: Duration
    /// The state to which it was put back.
    let target: Duration
}

extension Oracle {
    /// A device was put back: what it accepted since is gone, unless the hub has it.
    func deviceWentBack(_ device: Int, to target: Duration) {
        let now = scheduler.now
        state.withLock { state in
            state.setbacks.append(Setback(device: device, time: now, target: target))
            for (recipient, mail) in state.mails
            where mail.device == device && mail.time > target {
                state.mails[recipient]?.isAtRisk = true
            }
        }
    }

    func hubWentBack(to target: Duration) {
        let now = scheduler.now
        state.withLock { state in
            state.setbacks.append(Setback(device: 0, time: now, target: target))
        }
    }

    /// The hub grants an attempt; it is no new one if it says so again.
    ///
    /// The ledger is trusted with this. A hub that was put back behind its back, and was shown
    /// nothing newer yet, cannot know what it granted before: that it grants once more is the
    /// exception which promise 2 names. From its next life on it is none.
    func granted(_ id: DeliveryID, attempt: String, in life: Incarnation) {
        let now = scheduler.now
        state.withLock { state in
            guard let recipient = state.recipients[id], var mail = state.mails[recipient],
                !mail.grants.contains(where: { $0.attempt == attempt })
            else { return }
            let isForgotten = mail.grants.contains { grant in
                grant.life == life
                    && state.setbacks.contains {
                        $0.device == 0 && $0.target < grant.time && $0.time >= grant.time
                    }
            }
            if isForgotten { mail.forgiven += 1 }
            mail.grants.append(Grant(attempt: attempt, time: now, life: life))
            state.mails[recipient] = mail
        }
    }

    /// An administrator begins to expel a device.
    func expels(_ device: Int) {
        note(.deviceRevoked, "n\(device)")
        state.withLock { _ = $0.expelled.insert(device) }
    }

    /// The devices that may be expelled.
    var expelled: Set<Int> { state.withLock(\.expelled) }

    /// Whether there is a reason for a mail to be in doubt.
    ///
    /// Somebody was about to hand it over, or may have forgotten that.
    func hasCause(toDoubt mail: Mail) -> Bool {
        mail.handedOver > 0 || mail.wasClaimed || state.withLock { !$0.setbacks.isEmpty }
    }

    /// What is left of everything.
    func outcome(seed: UInt64, jobs: Int) -> Outcome {
        state.withLock { state in
            let accepted = state.mails.values.filter(\.isAccepted)
            return Outcome(
                seed: seed, violations: state.violations.map { "seed \(seed) \($0)" },
                hash: state.trace.hash, coverage: state.coverage, faults: state.faults,
                accepted: accepted.count, taken: accepted.count { $0.copies > 0 },
                doubtful: state.doubtful.count, jobs: jobs, lines: state.trace.lines)
        }
    }
}
