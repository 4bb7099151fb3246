/// What a replica, once open, does about its keys.
///
/// Whoever changes the key file of an open replica does so through it, so that a change and a
/// rotation never meet.
extension Replica {
    /// Says that the recovery key of the organisation was given its slot once.
    private static let recoveryFact = "recovery slot"

    /// Gives the database another data key.
    ///
    /// Nobody reads or writes meanwhile; it takes as long as writing the whole file.
    ///
    /// - Throws: ``StorageError``, ``KeyError``; ``KeyRotation`` says what was done then.
    package func rotateKey(_ keys: KeyRing) async throws {
        try await database.rotateKey(keys)
    }

    /// Changes the slots of the key file.
    package func changeKeys<Value: Sendable>(
        _ keys: KeyRing, _ body: @Sendable (KeyRing) throws -> Value
    ) async throws -> Value {
        try await database.alone { try body(keys) }
    }

    /// Gives the organisation's recovery key its slot, once in the life of a replica.
    ///
    /// A device that joined, and the hub, learn of the key only then. A person may remove the
    /// slot later.
    ///
    /// - Returns: Whether that was done, now or before. It is not while there is no organisation,
    ///   nor when the disk has no room: that must not keep a replica from being opened.
    package func ensureRecoverySlot(_ keys: KeyRing) async throws -> Bool {
        let (isDone, target) = try await read { transaction in
            (
                try transaction.replicaStore.fact(Self.recoveryFact) != nil,
                transaction.membership.recovery
            )
        }
        guard !isDone else { return true }
        guard let target else { return false }
        do {
            _ = try await changeKeys(keys) { try $0.addRecovery(target) }
            try await write { try $0.replicaStore.setFact(Self.recoveryFact, [1]) }
            return true
        } catch let error as StorageError where error.code == .full {
            return false
        }
    }

    /// Raises an alarm: a copy of the key file was damaged, and was mended as it was opened.
    ///
    /// A disk without room does not keep a replica from being opened.
    package func noteMendedKeys(_ keys: KeyRing) async throws {
        do {
            try await write { transaction in
                try AlarmStore(transaction.connection).raise(
                    Alarm(
                        kind: .damagedKeys, subject: KeyFile.path(for: keys.database),
                        time: transaction.environment.now(), detail: "copy"))
            }
        } catch let error as StorageError where error.code == .full {}
    }

    /// Gives the organisation's recovery key its slot again, and returns its number.
    ///
    /// - Returns: Nil while there is no organisation.
    package func addRecoverySlot(_ keys: KeyRing) async throws -> UInt64? {
        guard let target = try await read({ $0.membership.recovery }) else { return nil }
        return try await changeKeys(keys) { try $0.addRecovery(target) }
    }
}
