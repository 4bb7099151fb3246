package import SyncCore

/// The keys of the embedded store: what a device's replica does about its own.
extension SQLiteStore {
    /// Gives the organisation's recovery key its slot, once the hub serves an organisation.
    ///
    /// - Returns: Whether that was done, now or before.
    package func ensureRecoverySlot(_ keys: KeyRing) async throws -> Bool {
        try await replica.ensureRecoverySlot(keys)
    }

    /// Raises an alarm: a damaged copy of the key file was mended.
    func noteMendedKeys(_ keys: KeyRing) async throws {
        try await replica.noteMendedKeys(keys)
    }

    /// Gives the organisation's recovery key its slot again; nil while there is no organisation.
    func addRecoverySlot(_ keys: KeyRing) async throws -> UInt64? {
        try await replica.addRecoverySlot(keys)
    }

    /// Changes the slots of the key file.
    func changeKeys<Value: Sendable>(
        _ keys: KeyRing, _ body: @Sendable (KeyRing) throws -> Value
    ) async throws -> Value {
        try await replica.changeKeys(keys, body)
    }

    /// Gives the store another data key.
    package func rotateKey(_ keys: KeyRing) async throws {
        try await replica.rotateKey(keys)
    }
}
