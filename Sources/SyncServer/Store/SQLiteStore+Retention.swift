import SyncCore

extension SQLiteStore {
    /// How long others have the database after each step.
    private static let retirementPause = Duration.milliseconds(20)

    /// Erases what administrators retired: contents of records, offers of mails that are done,
    /// and blobs that nobody needs; then the pages go back to the disk.
    ///
    /// - Returns: How many bytes of contents and blobs were erased.
    @discardableResult
    package func retire() async throws -> Int {
        let environment = replica.environment
        var erased = try await replica.retireAll(pausing: Self.retirementPause)
        let now = environment.now()
        var place: [UInt8]? = []
        while let after = place {
            try Task.checkCancellation()
            place = try await replica.write {
                try BlobUses(connection: $0.connection).eraseOffers(after: after, at: now)
            }
        }
        while let count = try await replica.write({
            try BlobUses(connection: $0.connection).eraseBlob(at: now)
        }) {
            erased += count
            try Task.checkCancellation()
            try await environment.sleep(Self.retirementPause)
        }
        guard erased > 0 else { return 0 }
        while try await replica.returnFreePages() {
            try await environment.sleep(Self.retirementPause)
        }
        try await replica.checkpoint()
        return erased
    }
}
