import CSQLite
import SyncCore

/// Commits to an encrypted database and to a plain one, in one process and in turn.
///
/// What else the machine and its disk do meets both alike, so the two medians say what encryption
/// costs a commit even where their seconds say little. Plain SQLite commits as cheaply as it can:
/// one statement, compiled once, which is its own transaction.
struct CommitPair {
    private struct Failure: Error {
        let result: Int32
    }

    private static let table = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)"
    private static let index = "CREATE INDEX item_name ON item (name)"
    private let connection: Connection
    private let plain: OpaquePointer
    private let addition: OpaquePointer
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
        var handle: OpaquePointer?
        let opened = sqlite3_open(path + ".plain", &handle)
        guard let handle, opened == SQLITE_OK else { throw Failure(result: opened) }
        plain = handle
        // Those of ConnectionOpening, and the tables.
        for sql in [
            "PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA temp_store = MEMORY",
            "PRAGMA cache_spill = OFF", "PRAGMA mmap_size = 0", "PRAGMA secure_delete = ON",
            "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA cache_size = 500",
            "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
            "PRAGMA wal_autocheckpoint = 1000", Self.table, Self.index,
        ] {
            let result = sqlite3_exec(plain, sql, nil, nil, nil)
            guard result == SQLITE_OK else { throw Failure(result: result) }
        }
        var compiled: OpaquePointer?
        let result = sqlite3_prepare_v2(plain, ReplicaSQL.add, -1, &compiled, nil)
        guard let compiled, result == SQLITE_OK else { throw Failure(result: result) }
        addition = compiled
    }

    /// Commits one row to each, so many times, and tells the median of each with its processor
    /// time.
    func run(count: Int) throws -> Measurement {
        var times: (encrypted: [Cost], plain: [Cost]) = ([], [])
        for number in 1...count {
            // Nobody is always first.
            if number.isMultiple(of: 2) { times.plain.append(try cost { try addPlain(number) }) }
            times.encrypted.append(
                try cost {
                    _ = try connection.write { try $0.run(ReplicaSQL.add, .integer(number)) }
                })
            if !number.isMultiple(of: 2) { times.plain.append(try cost { try addPlain(number) }) }
        }
        var measurement = Measurement()
        for (name, costs) in [("commit", times.encrypted), ("plain", times.plain)] {
            measurement.add(name, costs.map(\.seconds).sorted()[count / 2])
            measurement.add("\(name)_processor", costs.map(\.processor).sorted()[count / 2])
        }
        try connection.close()
        sqlite3_finalize(addition)
        sqlite3_close(plain)
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

    private func addPlain(_ number: Int) throws {
        sqlite3_bind_int64(addition, 1, Int64(number))
        let result = sqlite3_step(addition)
        guard result == SQLITE_DONE else { throw Failure(result: result) }
        sqlite3_reset(addition)
    }
}
