import SyncCore

/// A device of the simulated fleet: a real election, a journal that survives, and work that
/// does not.
struct LedgerDevice {
    /// An attempt on one delivery.
    struct Job: Hashable, Comparable {
        let index: Int
        let id: AttemptID

        static func < (a: Job, b: Job) -> Bool { (a.index, a.id) < (b.index, b.id) }
    }

    /// What the journal holds about one attempt; it is written before the fact.
    struct Entry {
        var isBegun = false
        var outcome: AttemptOutcome?
        /// How much of it the hub has confirmed.
        var isBegunKnown = false
        var knownOutcome: AttemptOutcome?
    }

    let id: DeviceID
    var election: LeaseElection
    var journal: [Job: Entry] = [:]
    /// The attempt asked for, claimed or under way, and when it was begun.
    var work: (job: Job, since: Int)?
    /// Reserved and not yet claimed.
    var reserved: [Job] = []
    var sentAt: [Int: Int] = [:]
    var life = 0
    var isUp = true
    var pausedUntil = 0
    var isCutOff = false
    /// How far and how fast this clock differs from the true one.
    let offset: Int
    let drift: Int

    static let account = Fixture.account("ventas")

    static var timing: LeaseElectionTiming {
        var timing = LeaseElectionTiming()
        timing.margin = .seconds(1)
        timing.backOffMaximum = .seconds(3)
        timing.probeInterval = .seconds(2)
        return timing
    }

    init(number: UInt8, seed: UInt64, offset: Int, drift: Int) {
        id = Fixture.device(number)
        self.offset = offset
        self.drift = drift
        election = LeaseElection(account: Self.account, device: id, seed: seed, timing: Self.timing)
        _ = election.handle(.entitled(true), at: .milliseconds(offset))
    }

    /// The device's uptime at a true time.
    func clock(_ time: Int) -> Duration { .milliseconds(offset + time + time * drift / 1_000_000) }

    /// The process dies; what it had written down stays.
    mutating func crash() {
        isUp = false
        life += 1
        work = nil
        reserved = []
        sentAt = [:]
    }

    /// The process starts again and reads its journal: what was begun is in doubt, what was not
    /// is over.
    mutating func restart(seed: UInt64, at time: Int) {
        isUp = true
        election = LeaseElection(account: Self.account, device: id, seed: seed, timing: Self.timing)
        _ = election.handle(.entitled(true), at: clock(time))
        for (job, entry) in journal where entry.outcome == nil {
            journal[job]?.outcome =
                entry.isBegun ? .inDoubt : .notSent(until: Timestamp(milliseconds: 0))
        }
    }

    /// What the hub has not confirmed yet, in order.
    var unreported: [(job: Job, evidence: AttemptEvidence)] {
        journal.sorted { $0.key < $1.key }.flatMap { job, entry in
            var evidence: [AttemptEvidence] = []
            if entry.isBegun, !entry.isBegunKnown { evidence.append(.dataBegun) }
            if let outcome = entry.outcome, outcome != entry.knownOutcome {
                evidence.append(.concluded(outcome))
            }
            return evidence.map { (job, $0) }
        }
    }

    mutating func confirm(_ job: Job, _ evidence: AttemptEvidence) {
        switch evidence {
        case .dataBegun: journal[job]?.isBegunKnown = true
        case .concluded(let outcome): journal[job]?.knownOutcome = outcome
        }
    }
}
