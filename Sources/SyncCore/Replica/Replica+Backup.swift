extension Replica {
    /// The data key of the replica, and the key file that a backup carries.
    package func backupKeys() async throws -> BackupKeys {
        try await database.backupKeys()
    }

    /// Copies the database into a new file, while others go on using it.
    ///
    /// The copy is one state of the replica: everything that was stored when this returns, or a
    /// little before, and nothing later. It is not synced, and no use unless this returns.
    ///
    /// - Parameters:
    ///   - path: The new file, which must not exist.
    ///   - key: The key that encrypts the copy.
    ///   - progress: Told after each step.
    /// - Throws: ``StorageError``: `busy` while another copy is being made; or
    ///   `CancellationError`.
    package func copy(
        to path: String, key: SecretBytes, progress: (BackupProgress) async -> Void = { _ in }
    ) async throws {
        try await database.beginBackup(to: path, key: key)
        do {
            var pace = BackupPace()
            while true {
                try Task.checkCancellation()
                let step = try await database.stepBackup(
                    pages: pace.pages, measuredBy: environment.uptime)
                await progress(step.progress)
                if step.progress.isDone { break }
                pace.note(step.time)
            }
        } catch {
            await database.abandonBackup()
            throw error
        }
        try await database.endBackup()
    }
}
