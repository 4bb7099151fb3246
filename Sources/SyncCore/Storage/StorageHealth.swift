/// Whether a database may be worked with, and what to do when its disk failed.
///
/// After a failed sync nothing that is read or written through the same handle can be trusted:
/// the system may have dropped what it could not write and say that all is well (Rebello et
/// al., ATC 2020). So the database is closed, opened again and checked before anything else
/// happens; the sync itself is never repeated.
///
/// ```
///              no room                      a sync failed
///   full ◀───────────── working ───────────────────────────▶ stopped ◀────────┐
///     └───────────────▶    ▲      (also from full)              │             │ not whole,
///        a write succeeded │                                    │ asked,      │ or cannot
///                          │                                    │ and it      │ be opened
///                          │          opened and whole          ▼ is time     │
///                          └───────────────────────────────── checking ───────┘
/// ```
///
/// It performs no I/O and reads no clock; ``Database`` drives it.
package struct StorageHealth: Hashable, Sendable {
    /// Where it stands.
    package enum State: Hashable, Sendable {
        case working
        /// The last write found no room. Reading and trying again are allowed.
        case full
        /// Nothing is served; the next attempt to open comes at a time of the uptime clock.
        case stopped(until: Duration, attempts: Int, because: StorageError.Code)
        /// It is being opened and checked.
        case checking(attempts: Int)
    }

    /// What it is told.
    package enum Event: Hashable, Sendable {
        /// Somebody wants to read or write.
        case asked
        /// A write reached stable storage.
        case wrote
        /// The files met something.
        case met(StorageIncident)
        /// The connection can no longer be trusted for another reason.
        case lostConnection
        /// The database was opened again, and is whole.
        case reopened
        /// It could not be opened, or is not whole.
        case reopeningFailed(StorageError.Code)
        /// Incidents were written down where people find them.
        case noted([StorageIncident])
    }

    /// What it asks for.
    package enum Action: Hashable, Sendable {
        /// Close, open again, check, and report back before anything else is done.
        case reopen
        /// Turn away whoever asked.
        case refuse(StorageError.Code)
    }

    /// How long to wait before each attempt to open again; the last wait repeats.
    package static let waits: [Duration] = [
        .zero, .seconds(1), .seconds(2), .seconds(5), .seconds(15), .seconds(60),
    ]
    /// How many incidents wait to be written down.
    package static let unnotedMaximum = 64

    package private(set) var state = State.working
    /// How often each kind of incident was met since the database was first opened.
    package private(set) var counts: [StorageIncident.Kind: Int] = [:]
    /// What was met and not yet written down, in order.
    package private(set) var unnoted: [StorageIncident] = []

    package init() {}

    /// Whether reading and writing are allowed.
    package var isServing: Bool {
        switch state {
        case .working, .full: true
        case .stopped, .checking: false
        }
    }

    /// Takes one event into account, at a time measured since the machine started.
    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch (state, event) {
        case (_, .met(let incident)):
            meet(incident, at: now)
        case (_, .noted(let incidents)):
            unnoted.removeAll { incidents.contains($0) }
        case (.working, .lostConnection), (.full, .lostConnection):
            stop(until: now + Self.waits[0], attempts: 0, because: .inputOutput)
        case (.full, .wrote):
            state = .working
        case (.stopped(let until, let attempts, _), .asked) where now >= until:
            state = .checking(attempts: attempts + 1)
            return [.reopen]
        case (.stopped(_, _, let cause), .asked):
            return [.refuse(cause == .corrupt ? .corrupt : .recovering)]
        case (.checking, .asked):
            return [.refuse(.recovering)]
        case (.checking, .reopened):
            state = .working
        case (.checking(let attempts), .reopeningFailed(let code)):
            let wait = Self.waits[min(attempts, Self.waits.count - 1)]
            stop(until: now + wait, attempts: attempts, because: code)
        case (.working, _), (.full, _), (.stopped, _), (.checking, _):
            break
        }
        return []
    }

    private mutating func meet(_ incident: StorageIncident, at now: Duration) {
        counts[incident.kind, default: 0] += 1
        if incident.kind != .noRoom, unnoted.count < Self.unnotedMaximum,
            !unnoted.contains(incident)
        {
            unnoted.append(incident)
        }
        guard isServing else { return }
        switch incident.kind {
        case .syncFailed: stop(until: now + Self.waits[0], attempts: 0, because: .inputOutput)
        case .noRoom: state = .full
        // Other pages may be whole, and other reads succeed.
        case .pageRefused, .accessFailed, .logHole: break
        }
    }

    private mutating func stop(
        until time: Duration, attempts: Int, because code: StorageError.Code
    ) {
        state = .stopped(until: time, attempts: attempts, because: code)
    }
}
