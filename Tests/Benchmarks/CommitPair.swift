import SyncCore
import TestSupport

/// Commits to an encrypted database and to a plain one, in one process and in turn.
///
/// What else the machine and its disk do meets both alike, so the two medians say what encryption
/// costs a commit even where their seconds say little.
struct CommitPair {
    private static let table = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)"
    private static let index = "CREATE INDEX item_name ON item (name)"
    private let connection: Connection
    private let plain: PlainCommits
    private let environment = Environment.live()

    /// Makes both databases: the encrypted one at a path, the other beside it.
    init(path: String, key: SecretBytes) throws {
        var options = ConnectionOptions()
        options.returnsPages = true
        connection = try Connection(path: path, key: key, options: options)
        try connection.write { connection in
            try connection.run(Self.table)
            try connection.run(Self.index)
        }
        // Those of ConnectionOpening, and the tables.
        plain = try PlainCommits(
            path: path + ".plain",
            preparation: [
                "PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA temp_store = MEMORY",
                "PRAGMA cache_spill = OFF", "PRAGMA mmap_size = 0", "PRAGMA secure_delete = ON",
                "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA cache_size = 500",
                "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                "PRAGMA wal_autocheckpoint = 1000", Self.table, Self.index,
            ], addition: ReplicaSQL.add)
    }

    /// Commits one row to each, so many times, and tells the median of each with its processor
    /// time.
    func run(count: Int) throws -> Measurement {
        var times: (encrypted: [Cost], plain: [Cost]) = ([], [])
        for number in 1...count {
            // Nobody is always first.
            if number.isMultiple(of: 2) { times.plain.append(try cost { try plain.add(number) }) }
            times.encrypted.append(
                try cost {
                    _ = try connection.write { try $0.run(ReplicaSQL.add, .integer(number)) }
                })
            if !number.isMultiple(of: 2) { times.plain.append(try cost { try plain.add(number) }) }
        }
        var measurement = Measurement()
        for (name, costs) in [("commit", times.encrypted), ("plain", times.plain)] {
            measurement.add(name, costs.map(\.seconds).sorted()[count / 2])
            measurement.add("\(name)_processor", costs.map(\.processor).sorted()[count / 2])
        }
        try connection.close()
        return measurement
    }

    private struct Cost {
        let seconds: Double
        let processor: Double
    }

    private func cost(_ body: () throws -> Void) rethrows -> Cost {
        let start = environment.uptime()
        let processor = Measurement.processorSeconds()
        try body()
        return Cost(
            seconds: (environment.uptime() - start) / .seconds(1),
            processor: Measurement.processorSeconds() - processor)
    }
}
