import Outbox
import SyncCore

/// How fast the encrypted database is, measured on SQL that works inside SQLite, so that the
/// program that asks costs nothing; `replica.py` runs the same SQL on the peers.
struct ReplicaBenchmark {
    private static let key = SecretBytes(count: 32) { bytes in
        for index in bytes.indices { bytes[index] = UInt8(index) }
    }

    private let path: String
    private let environment = Environment.live()

    init(path: String) {
        self.path = path
    }

    private func open() throws -> Connection {
        var options = ConnectionOptions()
        options.returnsPages = true
        return try Connection(
            path: path, key: Self.key, options: options)
    }

    /// Measures everything but commits and opening, in a file that does not exist yet.
    func measure(rows: Int) throws -> Measurement {
        var measurement = Measurement()
        let connection = try open()
        let table = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)"
        try connection.write { connection in
            try connection.run(table)
            try connection.run("CREATE INDEX item_name ON item (name)")
        }
        try time("bulk", &measurement) {
            _ = try connection.write { try $0.run(ReplicaSQL.fill, .integer(rows)) }
        }
        try connection.checkpoint()
        try time("points", &measurement) {
            let sum = try connection.read {
                try $0.first(ReplicaSQL.look, .integer(rows), .integer(rows)) { $0.integer(0) }
            }
            precondition(sum == rows * ReplicaSQL.bodyByteCount, "Every row is found.")
        }
        try time("scan", &measurement) {
            _ = try connection.read { try $0.first(ReplicaSQL.scan) { $0.integer(0) } }
        }
        measurement.add("rows", rows)
        try connection.close()
        return measurement
    }

    /// Measures commits of one row in a file that exists.
    ///
    /// A few syncs of a disk that serves others take a hundred times longer than the rest, so the
    /// one in the middle tells what a commit takes.
    ///
    /// - Parameters:
    ///   - first: The key of the first row.
    ///   - count: How many commits.
    /// - Returns: The median, and the processor time of one.
    /// - Throws: What keeps the file from being written.
    func commit(from first: Int, count: Int) throws -> Measurement {
        var measurement = Measurement()
        let connection = try open()
        var times: [Double] = []
        let processor = Measurement.processorSeconds()
        for number in first..<first + count {
            let start = environment.uptime()
            _ = try connection.write { try $0.run(ReplicaSQL.add, .integer(number)) }
            times.append((environment.uptime() - start) / .seconds(1))
        }
        measurement.add(
            "commit_processor", (Measurement.processorSeconds() - processor) / Double(count))
        measurement.add("commit", times.sorted()[count / 2])
        try connection.close()
        return measurement
    }

    /// Measures commits beside plain ones, in turn.
    func commitInTurn(count: Int) throws -> Measurement {
        try CommitPair(path: path, key: Self.key).run(count: count)
    }

    /// Opens a file that exists, as the product does, up to the first answer.
    func reopen() throws -> Measurement {
        var measurement = Measurement()
        try time("open", &measurement) {
            let connection = try open()
            _ = try connection.read { try $0.first(ReplicaSQL.first) { $0.integer(0) } }
        }
        return measurement
    }

    /// Fills a whole replica with mails of 1 MiB until its file has a size.
    func fill(bytes: Int) async throws -> Measurement {
        let replica = try await openReplica(mayCreate: true)
        let part = [UInt8](repeating: 0x41, count: OutboxStore.partByteCount)
        var written = 0
        var number = 0
        while written < bytes {
            let first = number
            try await replica.write { transaction in
                for index in first..<first + 16 {
                    try transaction.connection.run(
                        "INSERT INTO content_part (content, part, bytes) VALUES (?, ?, ?)",
                        .bytes(Digest(of: Array("\(index)".utf8)).bytes), .integer(0),
                        .bytes(part))
                }
            }
            number += 16
            written += 16 * part.count
        }
        try await replica.close()
        var measurement = Measurement()
        measurement.add("bytes", written)
        return measurement
    }

    /// Opens a whole replica up to its first answer.
    func openWhole() async throws -> Measurement {
        var measurement = Measurement()
        let start = environment.uptime()
        let replica = try await openReplica(mayCreate: false)
        _ = try await replica.read { try $0.outbox.sizes().total }
        measurement.add("open", (environment.uptime() - start) / .seconds(1))
        try await replica.close()
        return measurement
    }

    private func openReplica(mayCreate: Bool) async throws -> Replica {
        try await Replica.open(
            path: path, key: Self.key, name: "bench",
            folds: [OutboxFold()], mayCreate: mayCreate, environment: environment)
    }

    private func time(
        _ name: String, _ measurement: inout Measurement, _ body: () throws -> Void
    ) rethrows {
        let start = environment.uptime()
        let processor = Measurement.processorSeconds()
        try body()
        measurement.add(name, (environment.uptime() - start) / .seconds(1))
        measurement.add("\(name)_processor", Measurement.processorSeconds() - processor)
    }
}

/// The statements; `replica.py` has the same.
enum ReplicaSQL {
    static let bodyByteCount = 160
    static let fill = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO item SELECT i, 'mail ' || (i * 7919 % 1000003), zeroblob(160) FROM n
        """
    static let add = "INSERT INTO item VALUES (?, 'mail', zeroblob(160))"
    static let look = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        SELECT sum((SELECT length(body) FROM item WHERE id = 1 + (i * 7919) % ?)) FROM n
        """
    static let scan = "SELECT sum(length(body) + length(name)) FROM item NOT INDEXED"
    static let first = "SELECT count(*) FROM sqlite_schema"
}
