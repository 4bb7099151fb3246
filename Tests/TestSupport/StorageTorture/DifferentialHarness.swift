import SyncCore

/// Gives the same random statements to an encrypted and to a plain database, and compares every
/// answer, and from time to time everything that they hold.
package final class DifferentialHarness {
    /// What a number of statements met.
    package struct Outcome: Sendable {
        package var statements = 0
        package var refused = 0
        package var comparisons = 0
        package var violations: [String] = []
    }

    private static let statementsPerComparison = 250
    private static let statementsPerLife = 1000
    private let disk: SimulatedDisk
    private let key = SecretBytes(count: 32) { $0.storeBytes(of: 5, as: UInt8.self) }
    private var options = ConnectionOptions()

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    package init(name: String) {
        disk = SimulatedDisk(name: "disk of \(name)")
        options.fileSystem = EncryptingFileSystem(name: name, over: disk.name)
        options.checkpointPages = 50
        options.cachePages = 20
    }

    /// Runs as many statements.
    ///
    /// - Parameters:
    ///   - count: How many statements.
    ///   - seed: Which statements.
    ///   - forgets: Whether the plain database is not told of one statement in a thousand, which
    ///     shows that the harness notices.
    /// - Returns: What was met.
    /// - Throws: What kept the databases from opening or comparing.
    package func run(_ count: Int, seed: UInt64, forgets: Bool = false) throws -> Outcome {
        disk.reset(seed: seed)
        var maker = StatementMaker(chance: SeededGenerator(seed: seed))
        var outcome = Outcome()
        let plain = try PlainDatabase()
        try plain.run("PRAGMA foreign_keys = ON; \(StatementMaker.tables)")
        var encrypted = try Connection(path: "/t.db", key: key, options: options)
        try encrypted.update(to: [
            SchemaModule(
                name: "differential",
                migrations: [Migration(version: 1, sql: StatementMaker.tables)])
        ])
        for number in 1...count {
            let (kind, sql) = maker.next()
            let here = answer(kind, sql, from: encrypted)
            let isForgotten = forgets && kind == .change && number % 100 == 0
            let there = isForgotten ? here : answer(sql, from: plain)
            outcome.statements += 1
            if here == nil { outcome.refused += 1 }
            if here != there { outcome.violations.append("seed \(seed), \(number): \(sql)") }
            if number % Self.statementsPerComparison == 0 {
                outcome.comparisons += 1
                let isSame =
                    try encrypted.rows(StatementMaker.dump) { $0.text(0) }
                    == plain.run(StatementMaker.dump)
                let check = try encrypted.first("PRAGMA integrity_check") { $0.text(0) }
                if !isSame || check != "ok" {
                    outcome.violations.append("seed \(seed), \(number): \(check ?? "")")
                }
            }
            if number % Self.statementsPerLife == 0 {
                try encrypted.close()
                encrypted = try Connection(path: "/t.db", key: key, options: options)
            }
            if outcome.violations.count > 3 { break }
        }
        return outcome
    }

    /// The rows, or how many changed, or nil for a refusal.
    private func answer(
        _ kind: StatementMaker.Kind, _ sql: String, from connection: Connection
    ) -> [String]? {
        do {
            switch kind {
            case .question:
                return try connection.rows(sql) { $0.text(0) }
            case .vacuum:
                try connection.vacuum()
                return ["0"]
            case .change:
                return [String(try connection.write { try $0.run(sql) })]
            }
        } catch {
            // Only a broken rule is an answer; anything else differs from the plain one.
            return (error as? StorageError)?.code == .constraint ? nil : ["\(error)"]
        }
    }

    private func answer(_ sql: String, from plain: PlainDatabase) -> [String]? {
        let before = plain.changes
        guard let rows = try? plain.run(sql) else { return nil }
        return sql.hasPrefix("SELECT") ? rows : [String(plain.changes - before)]
    }
}
