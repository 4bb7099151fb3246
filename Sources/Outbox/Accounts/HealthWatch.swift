package import SyncCore
import Synchronization

/// Keeps knowing whether the accounts work whose passwords this device can open.
///
/// ``HealthSchedule`` decides when; this looks at the configuration, has accounts checked, and
/// writes down what changed.
package final class HealthWatch: Sendable {
    /// What the configuration looked like: unchanged, its accounts need not be read again.
    private struct Sight: Hashable {
        let vector: VersionVector
        let height: UInt64
    }

    /// How often it looks whether there is something to check.
    private static let lookInterval = Duration.seconds(2)

    private let replica: Replica
    private let log: HealthLog
    private let check: @Sendable (AccountID) async throws -> AccountFinding
    private let onRecovery: @Sendable (AccountID) -> Void
    private let afterRecord: @Sendable () -> Void
    private let schedule: Mutex<HealthSchedule>
    private let sight = Mutex<Sight?>(nil)

    /// Creates the watch of a device.
    ///
    /// - Parameters:
    ///   - replica: Where accounts are, and findings are recorded.
    ///   - interval: How often an account that works is checked.
    ///   - check: Signs in to an account.
    ///   - onRecovery: Called when an account that failed is to be used again.
    ///   - afterRecord: Called when there is something to push.
    package init(
        replica: Replica, interval: Duration,
        check: @escaping @Sendable (AccountID) async throws -> AccountFinding,
        onRecovery: @escaping @Sendable (AccountID) -> Void,
        afterRecord: @escaping @Sendable () -> Void
    ) {
        self.replica = replica
        log = HealthLog(replica: replica)
        self.check = check
        self.onRecovery = onRecovery
        self.afterRecord = afterRecord
        schedule = Mutex(HealthSchedule(interval: interval))
    }

    /// Whether an account is being checked.
    package var isBusy: Bool { schedule.withLock(\.isChecking) }

    /// Watches until the task is cancelled.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for account in try await step() {
                    group.addTask { try await self.look(at: account) }
                }
                try await replica.environment.sleep(Self.lookInterval)
            }
        }
    }

    /// Checks what is due now, and returns when nothing is.
    package func runOnce() async throws {
        while case let due = try await step(), !due.isEmpty {
            for account in due { try await look(at: account) }
        }
    }

    /// Looks at the configuration and the time, and returns the accounts to check.
    private func step() async throws -> [AccountID] {
        let known = sight.withLock(\.self)
        let news: (Sight, [AccountID: HealthSchedule.Seen])? = try await replica.read {
            transaction in
            let sight = Sight(
                vector: try transaction.feeds.vector(of: .config),
                height: transaction.membership.height)
            return sight == known ? nil : (sight, try transaction.checkableAccounts())
        }
        var actions: [HealthSchedule.Action] = []
        if let (seen, accounts) = news {
            sight.withLock { $0 = seen }
            actions += tell(.seen(accounts))
        }
        actions += tell(.tick)
        return actions.compactMap { action in
            switch action {
            case .check(let account): return account
            case .recovered(let account):
                onRecovery(account)
                return nil
            }
        }
    }

    private func tell(_ event: HealthSchedule.Event) -> [HealthSchedule.Action] {
        let environment = replica.environment
        let (now, chance) = (environment.uptime(), environment.randomNumber())
        return schedule.withLock { $0.handle(event, at: now, chance: chance) }
    }

    private func look(at account: AccountID) async throws {
        var outcome = AccountTest.Outcome.network
        defer { _ = tell(.checked(account, outcome)) }
        let finding: AccountFinding
        do {
            finding = try await check(account)
        } catch is SecretError {
            return  // The settings or the password changed meanwhile: that is seen by itself.
        }
        outcome = finding.outcome
        if try await log.note(finding, of: account) { afterRecord() }
    }
}

extension ReplicaTransaction {
    /// The accounts that this device can sign in to.
    fileprivate func checkableAccounts() throws -> [AccountID: HealthSchedule.Seen] {
        let own = identity.id
        guard membership.may(own, .sender) else { return [:] }
        let fallbacks = Set(try directory.fallbacks())
        var seen: [AccountID: HealthSchedule.Seen] = [:]
        for account in try directory.accounts() where account.state == .active {
            guard let mark = account.mark, let rank = account.sealedDevices.firstIndex(of: own)
            else { continue }
            seen[account.id] = HealthSchedule.Seen(
                health: account.sender.health, mark: mark,
                isFallback: fallbacks.contains(account.id), rank: rank)
        }
        return seen
    }
}
