/// Takes a file of records in.
///
/// Everything is read and proved before anything is stored: a file that is cut, foreign, altered
/// or forged changes nothing. The file is kept in a folder of the home meanwhile, sealed as it
/// came.
package struct ExportImport: Sendable {
    /// What a file brought.
    package struct Summary: Hashable, Sendable {
        /// Who made it, and when.
        package let maker: DeviceID
        package let time: Timestamp
        /// How many entries of membership and records were new here.
        package var newEntriesCount = 0
        package var newRecordsCount = 0
        /// How many records there were in what this device may read.
        package var recordsCount = 0
        /// Batches that wait for records which the file does not hold.
        package var waitingCount = 0
        /// Records that may not be brought so: configuration of a device that was revoked, and what
        /// only the receiver itself writes.
        package var refusedCount = 0
        /// What contradicts stored records: a device was cloned, or lies.
        package var forks: [FeedID] = []
    }

    private let receiver: any ExportReceiver
    private let path: String
    private let spool: String

    /// Prepares to import.
    ///
    /// - Parameters:
    ///   - replica: Where to.
    ///   - path: What errors call the file.
    ///   - spool: Where the file is kept meanwhile; it must not exist.
    package init(into replica: Replica, path: String, spool: String) {
        self.init(into: ReplicaReceiver(replica: replica), path: path, spool: spool)
    }

    /// Prepares to import.
    ///
    /// - Parameters:
    ///   - receiver: Who takes it in.
    ///   - path: What errors call the file.
    ///   - spool: Where the file is kept meanwhile; it must not exist.
    package init(into receiver: any ExportReceiver, path: String, spool: String) {
        self.receiver = receiver
        self.path = path
        self.spool = spool
    }

    /// Reads the file once, proves it, and then stores what is new.
    ///
    /// - Parameters:
    ///   - source: Gives all bytes of the file, in pieces.
    ///   - progress: Told how far storing has come, from 0 to 1.
    /// - Returns: What it brought.
    /// - Throws: ``ExportError`` if it cannot be used, and nothing was changed;
    ///   ``BackupError`` if it cannot be kept meanwhile.
    package func run(
        from source: (([UInt8]) async throws -> Void) async throws -> Void,
        progress: (Double) async -> Void = { _ in }
    ) async throws -> Summary {
        let known = try await receiver.members()
        let file = try BackupFile(creating: spool)
        var reader = ExportReader(path: path)
        var proof = ExportProof(
            known: known.membership, entries: known.entries, identity: receiver.identity,
            path: path)
        var byteCount = 0
        try await source { piece in
            for event in try reader.read(piece) { try proof.take(event) }
            try file.write(piece[...])
            byteCount += piece.count
        }
        let manifest = try reader.finish()
        try proof.finish(manifest)
        var summary = Summary(maker: manifest.key.deviceID, time: manifest.time)
        try await store(proof, byteCount, into: &summary, progress)
        return summary
    }

    private func store(
        _ proof: ExportProof, _ byteCount: Int, into summary: inout Summary,
        _ progress: (Double) async -> Void
    ) async throws {
        let entries = proof.newEntries
        summary.newEntriesCount = entries.count
        if !entries.isEmpty { summary.newRecordsCount += try await receiver.admit(entries) }
        let file = try BackupFile(reading: spool)
        var reader = ExportReader(path: path)
        var seen = 0
        while true {
            try Task.checkCancellation()
            let piece = try file.read()
            guard !piece.isEmpty else { break }
            seen += piece.count
            for event in try reader.read(piece) {
                guard let chunk = try proof.open(event) else { continue }
                for batch in chunk.batches { try await store(batch, into: &summary) }
            }
            await progress(Double(seen) / Double(max(byteCount, 1)))
        }
        try await receiver.finish()
    }

    private func store(_ batch: FeedBatch, into summary: inout Summary) async throws {
        summary.recordsCount += batch.records.count
        switch try await receiver.receive(batch) {
        case .stored(let count): summary.newRecordsCount += count
        case .waits: summary.waitingCount += 1
        case .refused(.fork): summary.forks.append(batch.head.feed)
        case .refused: summary.refusedCount += batch.records.count
        }
    }
}
