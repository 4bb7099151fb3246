import SyncCore
import TestSupport

/// What tests of files of records have in common.
enum ExportFixture {
    /// The file that a replica exports.
    static func export(_ replica: Replica) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let maker = ExportMaker(replica, program: "1")
        _ = try await maker.make(write: { bytes += $0 })
        return bytes
    }

    /// Takes a file in, in pieces of a size.
    @discardableResult
    static func take(
        _ file: [UInt8], into replica: Replica, pieces: Int = 4096
    ) async throws -> ExportImport.Summary {
        let directory = TemporaryDirectory()
        return try await ExportImport(
            into: replica, path: "s.sync", spool: directory.file("file")
        ).run(from: { take in
            for start in stride(from: 0, to: file.count, by: pieces) {
                try await take(Array(file[start..<min(start + pieces, file.count)]))
            }
        })
    }

    /// What a replica holds: digests, membership, alarms, what waits and what is carried.
    struct State: Equatable {
        let digests: [StateDigest]
        let height: UInt64
        let alarms: [Alarm]
        let gaps: [FeedGap]
        let others: Int
    }

    static func state(of replica: Replica) async throws -> State {
        try await replica.read { transaction in
            State(
                digests: try transaction.stateDigests(), height: transaction.membership.height,
                alarms: try AlarmStore(transaction.connection).all(),
                gaps: try transaction.waiting.gaps(),
                others: try transaction.otherHistories.all().count)
        }
    }
}
