package import SyncCore

/// Decides when this device signs in to which account, without sending, to learn whether it
/// works before somebody needs it.
///
/// An account that nobody tried since it was changed is tried at once; one that works, every
/// few hours; one that fails, sooner and then less and less often, because a server may have
/// refused for an hour only, and may lock who asks too often. When one begins to fail, those
/// that stand in for it are tried at once.
package struct HealthSchedule: Sendable {
    /// What is known of an account here.
    package struct Seen: Hashable, Sendable {
        package let health: SenderAccount.Health
        /// The password and settings; another one is another question.
        package let mark: AccountMark
        /// Whether it stands in for others.
        package let isFallback: Bool
        /// How many devices may try it before this one.
        package let rank: Int

        package init(
            health: SenderAccount.Health, mark: AccountMark, isFallback: Bool, rank: Int
        ) {
            self.health = health
            self.mark = mark
            self.isFallback = isFallback
            self.rank = rank
        }
    }

    /// What the schedule is told.
    package enum Event: Sendable {
        /// The accounts whose password this device can open.
        case seen([AccountID: Seen])
        /// Time passed.
        case tick
        /// A check ended.
        case checked(AccountID, AccountTest.Outcome)
    }

    /// What the schedule asks for.
    package enum Action: Hashable, Sendable {
        /// Sign in and say what happened.
        case check(AccountID)
        /// What was held against the account is settled.
        case recovered(AccountID)
    }

    private struct Entry {
        var seen: Seen
        var due: Duration
        var isChecking = false
        var failures = 0
        /// When this device looked last.
        var checked: Duration?
    }

    /// How long each device waits for the one before it to try a new account.
    package static let turn = Duration.seconds(5)
    /// How soon an account that began to fail, or whose server was not reached, is tried again.
    package static let retry = Duration.seconds(600)
    private static let doublingsMaximum = 10

    private let interval: Duration
    private var entries: [AccountID: Entry] = [:]

    /// Whether a check is under way.
    package var isChecking: Bool { entries.values.contains(where: \.isChecking) }

    /// Starts without accounts.
    ///
    /// - Parameter interval: How often an account that works is tried.
    package init(interval: Duration) {
        precondition(interval > .zero, "An interval is a time.")
        self.interval = interval
    }

    /// Takes one event into account.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: The time since the machine started.
    ///   - chance: An unpredictable number that keeps devices out of step.
    /// - Returns: What to do, in ascending order of accounts.
    package mutating func handle(_ event: Event, at now: Duration, chance: UInt64) -> [Action] {
        switch event {
        case .seen(let accounts): return see(accounts, at: now, chance)
        case .tick: return checkDue(at: now)
        case .checked(let account, let outcome):
            end(account, outcome, at: now, chance)
            return []
        }
    }

    private mutating func see(
        _ accounts: [AccountID: Seen], at now: Duration, _ chance: UInt64
    ) -> [Action] {
        entries = entries.filter { accounts[$0.key] != nil }
        var actions: [Action] = []
        var hasFailed = false
        for (id, seen) in accounts.sorted(by: { $0.key < $1.key }) {
            let old = entries[id]
            guard old?.seen != seen else { continue }
            let wasFailing = old?.seen.health.isFailing ?? false
            if wasFailing, !seen.health.isFailing { actions.append(.recovered(id)) }
            hasFailed = hasFailed || (seen.health.isFailing && !wasFailing && old != nil)
            entries[id] = entry(for: seen, after: old, at: now, Self.mix(chance, id))
        }
        if hasFailed { hastenFallbacks(at: now) }
        return actions
    }

    private func entry(
        for seen: Seen, after old: Entry?, at now: Duration, _ chance: UInt64
    ) -> Entry {
        var entry = old ?? Entry(seen: seen, due: now + interval * Int(chance % 1024) / 1024)
        let isOther = old?.seen.mark != seen.mark
        entry.seen = seen
        if isOther { entry.failures = 0 }
        if seen.health == .untested, isOther || old?.seen.health != .untested {
            entry.due = now + Self.turn * seen.rank
        } else if seen.health.isFailing, !(old?.seen.health.isFailing ?? false) {
            entry.due = now + Self.spread(min(Self.retry, interval), chance)
        } else if seen.health == .working, old?.seen.health != .working, old != nil {
            entry.due = now + Self.spread(interval, chance)
        }
        return entry
    }

    /// Looks at those that stand in, unless that was done lately.
    private mutating func hastenFallbacks(at now: Duration) {
        for (id, entry) in entries where entry.seen.isFallback && !entry.seen.health.isFailing {
            if let checked = entry.checked, now < checked + Self.retry { continue }
            entries[id]?.due = min(entry.due, now)
        }
    }

    private mutating func checkDue(at now: Duration) -> [Action] {
        let due = entries.filter { !$0.value.isChecking && now >= $0.value.due }.keys.sorted()
        for id in due { entries[id]?.isChecking = true }
        return due.map { .check($0) }
    }

    private mutating func end(
        _ id: AccountID, _ outcome: AccountTest.Outcome, at now: Duration, _ chance: UInt64
    ) {
        guard var entry = entries[id] else { return }
        entry.isChecking = false
        entry.checked = now
        let wait: Duration
        switch outcome {
        case .working:
            entry.failures = 0
            wait = interval
        case .network: wait = min(Self.retry, interval)
        case .authentication, .configuration, .sender:
            wait = min(Self.retry * (1 << min(entry.failures, Self.doublingsMaximum)), interval)
            entry.failures += 1
        }
        entry.due = now + Self.spread(wait, Self.mix(chance, id))
        entries[id] = entry
    }

    /// A wait that is up to a quarter shorter or longer.
    private static func spread(_ wait: Duration, _ chance: UInt64) -> Duration {
        wait * 3 / 4 + wait / 2 * Int(chance % 1024) / 1024
    }

    /// Another number for each account.
    private static func mix(_ chance: UInt64, _ id: AccountID) -> UInt64 {
        id.text.utf8.reduce(chance) { ($0 &* 31) &+ UInt64($1) }
    }
}

extension SenderAccount.Health {
    /// Whether the server refuses the account.
    package var isFailing: Bool {
        switch self {
        case .untested, .working: false
        case .failing: true
        }
    }
}
