package import SyncCore

/// Seals the passwords of accounts for devices that may send and lack them.
///
/// A device that may send can do this alone, because membership already says who may. It seals
/// the same payload again and decides nothing. What two devices do at one time is no conflict.
package struct SecretHandover: Sendable {
    private let replica: Replica

    package init(replica: Replica) {
        self.replica = replica
    }

    /// Whether this device could hand something over at this moment, and its place among those
    /// that could: the first one goes ahead, the others only if it does not.
    package func rank() async throws -> Int? {
        try await replica.read { transaction in
            let membership = transaction.membership
            let senders = membership.devices(with: .sender).map(\.card.id)
            guard senders.contains(transaction.identity.id) else { return nil }
            for account in try transaction.directory.accounts() where account.secret != nil {
                let holders = account.sealedDevices.filter(senders.contains)
                guard holders.count < senders.count else { continue }
                if let rank = holders.firstIndex(of: transaction.identity.id) { return rank }
            }
            return nil
        }
    }

    /// Hands over what can be.
    ///
    /// - Parameter actor: Who the log says did it.
    /// - Returns: The accounts that some device lacks and whose password this one cannot open.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func run(by actor: String) async throws -> [AccountID] {
        try await replica.write { transaction in
            let membership = transaction.membership
            let senders = membership.devices(with: .sender).map(\.card)
            let own = transaction.identity.id
            guard membership.may(own, .sender) || membership.may(own, .admin) else { return [] }
            var closed: [AccountID] = []
            for account in try transaction.directory.accounts() where account.secret != nil {
                do {
                    let writes = try SecretVault.reseal(
                        account, for: senders, by: transaction.identity)
                    guard !writes.isEmpty else { continue }
                    // A device that is no administrator replaces nothing.
                    try transaction.configure(
                        writes, actor: actor,
                        seen: membership.may(own, .admin) ? [:] : writes.mapValues { _ in [] })
                } catch is SecretError {
                    closed.append(account.id)
                }
            }
            return closed
        }
    }
}
