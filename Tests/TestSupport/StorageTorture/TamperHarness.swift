import SyncCore

/// Changes bits and moves frames and pages of a simulated machine's files, and checks that the
/// change is refused or that exactly a committed prefix remains.
package final class TamperHarness {
    /// What a number of changes met.
    package struct Outcome: Sendable {
        /// All commits were there.
        package var unharmed = 0
        /// The last commits were gone, and the rest whole.
        package var prefixes = 0
        /// Opening or reading said that the file is damaged.
        package var refused = 0
        /// One sentence for each change that was believed, with its seed.
        package var violations: [String] = []
    }

    private static let commits = 30
    private let disk: SimulatedDisk
    private let path = "/t.db"
    private let key = SecretBytes(count: 32) { $0.storeBytes(of: 7, as: UInt8.self) }
    private var options = ConnectionOptions()

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    package init(name: String) {
        disk = SimulatedDisk(name: "disk of \(name)")
        options.fileSystem = EncryptingFileSystem(name: name, over: disk.name)
        options.checkpointPages = 1_000_000
    }

    /// Makes one change for each seed.
    package func run(_ seeds: Range<UInt64>) throws -> Outcome {
        let original = try files()
        var outcome = Outcome()
        for seed in seeds {
            disk.reset(seed: seed)
            for (name, bytes) in original { disk.place(bytes, in: name) }
            var chance = SeededGenerator(seed: seed)
            let change = change(&chance)
            judge(change: "seed \(seed): \(change)", &outcome)
        }
        return outcome
    }

    /// The files of a machine that was killed with commits both in the main file and the log.
    private func files() throws -> [(String, [UInt8])] {
        disk.reset(seed: 0)
        let connection = try Connection(path: path, key: key, options: options)
        try connection.write { connection in
            try connection.run("CREATE TABLE step (number INTEGER, body BLOB)")
        }
        for number in 1...Self.commits {
            try connection.write { connection in
                try connection.run(
                    "INSERT INTO step VALUES (?, randomblob(1500))", .integer(number))
            }
            if number == Self.commits / 2 { try connection.checkpoint() }
        }
        // Swift may let go of an object after its last use, and letting go closes the file.
        return withExtendedLifetime(connection) {
            disk.isDead = true
            return disk.names.map { ($0, disk.contents(of: $0) ?? []) }
        }
    }

    private func change(_ chance: inout SeededGenerator) -> String {
        let name = disk.names[chance.number(below: disk.names.count)]
        let bytes = disk.contents(of: name) ?? []
        let isLog = name.hasSuffix("-wal")
        if chance.isOne(in: 3) {
            // Swaps two pages, or a frame's page with that of another.
            let unit = isLog ? 24 + PageLayout.pageBytes : PageLayout.pageBytes
            let start = isLog ? 32 : 0
            let count = (bytes.count - start) / unit
            let (a, b) = (chance.number(below: count), chance.number(below: count))
            let skipped = isLog && chance.isOne(in: 2) ? 24 : 0
            var changed = bytes
            let (from, to) = (start + a * unit + skipped, start + b * unit + skipped)
            changed[to..<to + unit - skipped] = bytes[from..<from + unit - skipped]
            disk.place(changed, in: name)
            return "\(name): \(a) copied over \(b), without its first \(skipped) bytes"
        }
        let offset = chance.number(below: bytes.count)
        let bit = chance.number(below: 8)
        disk.flip(1 << UInt8(bit), at: offset, in: name)
        return "\(name): bit \(bit) of byte \(offset)"
    }

    private func judge(change: String, _ outcome: inout Outcome) {
        defer { disk.revive() }
        do {
            let connection = try Connection(path: path, key: key, options: options)
            defer { withExtendedLifetime(connection) { disk.isDead = true } }
            let numbers = try connection.rows("SELECT number FROM step ORDER BY rowid") {
                $0.integer(0)
            }
            let check = try connection.first("PRAGMA integrity_check") { $0.text(0) }
            if numbers != Array(1...Self.commits).prefix(numbers.count).map({ $0 }) || check != "ok"
                || numbers.count < Self.commits / 2
            {
                outcome.violations.append("\(change): \(numbers.count) rows, \(check ?? "")")
            } else if numbers.count == Self.commits {
                outcome.unharmed += 1
            } else {
                outcome.prefixes += 1
            }
        } catch {
            outcome.refused += 1
        }
    }
}
