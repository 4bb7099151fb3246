import SyncCore

/// What the engine does about the keys of its replica.
///
/// Whoever changes the key file of an open replica does so through it, so that a change and a
/// rotation never meet.
struct KeyKeeper: Sendable {
    /// Says that the recovery key of the organisation was given its slot once.
    private static let recoveryFact = "recovery slot"

    let keys: KeyRing

    /// Gives the organisation's recovery key its slot, once in the life of a replica.
    ///
    /// A device that joined learns of the key only then. A person may remove the slot later.
    func ensureRecovery(of replica: Replica) async throws {
        let target = try await replica.read { transaction in
            try transaction.replicaStore.fact(Self.recoveryFact) == nil
                ? transaction.membership.recovery : nil
        }
        guard let target else { return }
        _ = try await addRecovery(target, to: replica)
        try await replica.write { try $0.replicaStore.setFact(Self.recoveryFact, [1]) }
    }

    /// Gives the organisation's recovery key a slot, and returns its number.
    func addRecovery(_ target: SealingTarget, to replica: Replica) async throws -> UInt64 {
        try await replica.changeKeys(keys) { try $0.addRecovery(target) }
    }

    /// Adds a slot for a passphrase, and returns its number.
    func add(_ passphrase: StretchedPassphrase, to replica: Replica) async throws -> UInt64 {
        try await replica.changeKeys(keys) { try $0.add(passphrase) }
    }

    /// Removes a slot.
    func remove(_ number: UInt64, from replica: Replica) async throws {
        try await replica.changeKeys(keys) { try $0.remove(number) }
    }
}
