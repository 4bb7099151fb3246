import SyncCore

/// Stores a marker in every way that SQLite knows, through errors and power cuts, and looks for it
/// in every byte that reaches the disk.
package final class LeakHarness {
    /// What a number of runs met.
    package struct Outcome: Sendable {
        package var operations = 0
        package var violations: [String] = []

        package init() {}
    }

    private struct Undone: Error {}

    private static let marker = "canario-secreto"
    private static let rows = 60
    private static let returnedPages = 4
    private let disk: SimulatedDisk
    private let key = SecretBytes(count: 32) { $0.storeBytes(of: 6, as: UInt8.self) }
    private let fileSystem: EncryptingFileSystem

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    package init(name: String) {
        disk = SimulatedDisk(name: "disk of \(name)")
        fileSystem = EncryptingFileSystem(name: name, over: disk.name)
        disk.canary = Array(Self.marker.utf8)
    }

    /// Runs once for each seed.
    package func run(_ seeds: Range<UInt64>) -> Outcome {
        var outcome = Outcome()
        for seed in seeds {
            disk.reset(seed: seed)
            var chance = SeededGenerator(seed: seed)
            let journal: ConnectionOptions.Journal =
                chance.isOne(in: 2) ? .writeAheadLog : .rollback
            var options = ConnectionOptions()
            options.journal = journal
            options.cachePages = chance.isOne(in: 2) ? 8 : 500
            options.checkpointPages = 20
            options.returnsPages = !seed.isMultiple(of: 2)
            options.fileSystem = fileSystem
            // The second life opens what the first left, and repairs it.
            for fault in [SimulatedDisk.Fault.powerCut, .error] {
                disk.plan(fault, after: chance.number(below: 600))
                // The fault may come anywhere; what it left on the disk is what counts.
                try? work(options, &chance)
                if fault == .powerCut { disk.losePower() } else { disk.cancelFault() }
            }
            try? work(options, &chance)
            outcome.operations += disk.operations
            if let sighting = disk.sightings.first {
                outcome.violations.append("seed \(seed): \(sighting)")
            }
        }
        return outcome
    }

    /// Does the same without encryption, which shows that the watch sees.
    package func runPlain() throws -> Outcome {
        disk.reset(seed: 0)
        let plain = try PlainDatabase(path: "/t.db", on: disk.name)
        try plain.run("CREATE TABLE note (title TEXT); INSERT INTO note VALUES ('\(Self.marker)')")
        var outcome = Outcome()
        outcome.operations = disk.operations
        outcome.violations = disk.sightings
        return outcome
    }

    private func work(_ options: ConnectionOptions, _ chance: inout SeededGenerator) throws {
        let connection = try Connection(path: "/t.db", key: key, options: options)
        try connection.write { connection in
            try connection.run("CREATE TABLE IF NOT EXISTS note (title TEXT UNIQUE, body TEXT)")
            try connection.run("CREATE INDEX IF NOT EXISTS note_body ON note (body)")
            for number in 1...Self.rows {
                try connection.run(
                    "INSERT OR REPLACE INTO note VALUES (?, ?)", .text("\(Self.marker) \(number)"),
                    .text(String(repeating: Self.marker, count: chance.number(below: 80))))
            }
            try undoPart(on: connection)
            try connection.run("CREATE TEMP TABLE copy AS SELECT * FROM note")
            try connection.run("CREATE INDEX temp.copy_body ON copy (body)")
            try connection.run("DROP TABLE copy")
        }
        try failHalfway(on: connection)
        _ = try connection.rows(
            """
            WITH RECURSIVE more (body, depth) AS (
                SELECT body, 0 FROM note UNION SELECT body || title, depth + 1
                FROM more JOIN note USING (body) WHERE depth < 2)
            SELECT body, count(*) FROM more GROUP BY body ORDER BY body DESC, 2
            """
        ) { $0.text(0) }
        if chance.isOne(in: 2) { try connection.vacuum() }
        try connection.write { connection in
            try connection.run("DELETE FROM note WHERE rowid % 2 = 0")
            try connection.returnFreePages(Self.returnedPages)
        }
        if chance.isOne(in: 2) { try connection.close() }
    }

    private func undoPart(on connection: Connection) throws {
        do {
            try connection.savepoint { connection in
                try connection.run("UPDATE note SET body = body || ?", .text(Self.marker))
                throw Undone()
            }
        } catch is Undone {}
    }

    /// A statement that SQLite undoes from its statement journal.
    private func failHalfway(on connection: Connection) throws {
        do {
            try connection.write { connection in
                try connection.run(
                    "UPDATE note SET title = iif(rowid > 30, 'same', title || ?)",
                    .text(Self.marker))
            }
        } catch let error as StorageError where error.code == .constraint {}
    }
}
