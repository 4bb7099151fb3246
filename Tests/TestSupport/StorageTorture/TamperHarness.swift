package import SyncCore

/// Changes the files of a simulated machine in every way, and checks that the change is refused
/// or that exactly a committed prefix remains.
package final class TamperHarness {
    /// How the machine stood when it was stopped.
    package enum Scene: String, Sendable, CaseIterable {
        /// With commits both in the main file and the log.
        case log
        /// The same, in a file that keeps pointer maps and gives free pages back.
        case shrinkingLog
        /// In a commit, with a rollback journal that must be played back.
        case journal
    }

    /// What a number of changes met.
    package struct Outcome: Sendable {
        /// All commits were there.
        package var unharmed = 0
        /// The last commits were gone, and the rest whole.
        package var prefixes = 0
        /// Opening told of a hole in the log.
        package var alarms = 0
        /// Opening or reading said that the file is damaged.
        package var refused = 0
        /// One sentence for each change that was believed, with its number.
        package var violations: [String] = []

        package init() {}
    }

    /// The rows of the table, of which each commit adds one.
    private static let commitsInLog = 5
    private static let commitsInMainFile = 4
    /// From how many lost commits on an alarm is due: the very last may have been torn.
    private static let noticedCommits = 3
    private let scene: Scene
    private let disk: SimulatedDisk
    private let path = "/t.db"
    private let key = SecretBytes(count: 32) { $0.storeBytes(of: 7, as: UInt8.self) }
    private let strangeKey = SecretBytes(count: 32) { $0.storeBytes(of: 8, as: UInt8.self) }
    private var options = ConnectionOptions()
    private let files: TamperedFiles
    private let moves: [TamperChange]

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    package init(
        name: String, scene: Scene,
        options fileOptions: EncryptingFileSystem.Options = EncryptingFileSystem.Options()
    ) throws {
        self.scene = scene
        disk = SimulatedDisk(name: "disk of \(name)")
        options.fileSystem = EncryptingFileSystem(
            name: name, over: disk.name, options: fileOptions)
        options.checkpointPages = 1_000_000
        options.journal = scene == .journal ? .rollback : .writeAheadLog
        options.returnsPages = scene == .shrinkingLog
        let machine = StoppedMachine(disk: disk, path: path, options: options)
        let work = { (key: SecretBytes) throws -> [TamperedFiles.File] in
            switch scene {
            case .log, .shrinkingLog:
                try machine.log(
                    key, inMainFile: Self.commitsInMainFile, inLog: Self.commitsInLog)
            case .journal: try machine.journal(key, commits: Self.commitsInMainFile)
            }
        }
        files = TamperedFiles(
            files: try work(key), siblings: try work(key), strangers: try work(strangeKey))
        moves = files.moves
    }

    /// How many changes there are.
    package var changeCount: Int { files.bitCount + moves.count }

    /// Makes some of all changes.
    package func run(changes: some Sequence<Int>) -> Outcome {
        var outcome = Outcome()
        for number in changes {
            let change =
                number < moves.count ? moves[number] : files.flip(number - moves.count)
            judge(change, "change \(number)", &outcome)
        }
        return outcome
    }

    /// Flips every bit of some bytes of one file.
    package func runFlips(in suffix: String, bytes: Range<Int>) -> Outcome {
        var outcome = Outcome()
        guard let file = files.files.firstIndex(where: { $0.name.hasSuffix(suffix) }) else {
            return outcome
        }
        for offset in bytes {
            for bit in 0..<UInt8(8) {
                let change = TamperChange.flip(file: file, offset: offset, bit: bit)
                judge(change, "\(suffix)", &outcome)
            }
        }
        return outcome
    }

    /// Makes one random change for each seed.
    package func run(_ seeds: some Sequence<UInt64>) -> Outcome {
        var outcome = Outcome()
        for seed in seeds {
            var chance = SeededGenerator(seed: seed)
            let change =
                chance.isOne(in: 3)
                ? moves[chance.number(below: moves.count)]
                : files.flip(chance.number(below: files.bitCount))
            judge(change, "seed \(seed)", &outcome)
        }
        return outcome
    }

    private func judge(_ change: TamperChange, _ label: String, _ outcome: inout Outcome) {
        disk.reset(seed: 0)
        for file in files.files { disk.place(file.bytes, in: file.name) }
        let (name, bytes) = files.result(of: change)
        disk.place(bytes, in: name)
        do {
            let connection = try Connection(path: path, key: key, options: options)
            defer { withExtendedLifetime(connection) { disk.isDead = true } }
            let numbers = try connection.rows("SELECT number FROM step ORDER BY number") {
                $0.integer(0)
            }
            let check = try connection.first("PRAGMA integrity_check") { $0.text(0) }
            let marks = try connection.rows("SELECT DISTINCT mark FROM step") { $0.integer(0) }
            let reason = violation(numbers, marks, check, change, connection.logHole)
            if let reason {
                outcome.violations.append("\(scene), \(label), \(change): \(reason)")
                return
            }
            outcome.alarms += connection.logHole == nil ? 0 : 1
            if numbers.count == commits { outcome.unharmed += 1 } else { outcome.prefixes += 1 }
        } catch {
            outcome.refused += 1
        }
    }

    /// Whether a hole that a change makes in the log must be noticed.
    ///
    /// Proof is the end of a commit, and the whole frame that follows it. Of two frames that change
    /// places, the later one can take that from the only commit behind the earlier one. Where the
    /// headers stay, they still say where commits end.
    private func isNoticed(_ change: TamperChange) -> Bool {
        guard case .exchange(let index, let first, let second, let skipped) = change else {
            return true
        }
        let file = files.files[index]
        let moved = skipped == 0 ? [first, second] : []
        return (first..<max(first, file.unitCount - 1)).contains { unit in
            file.endsCommit(unit) && !moved.contains(unit) && unit + 1 != second
        }
    }

    private var commits: Int {
        Self.commitsInMainFile + (scene == .journal ? 0 : Self.commitsInLog)
    }

    private func violation(
        _ numbers: [Int], _ marks: [Int], _ check: String?, _ change: TamperChange,
        _ hole: LogHole?
    ) -> String? {
        guard check == "ok" else { return check ?? "" }
        guard numbers == Array(1...commits).prefix(numbers.count).map({ $0 }),
            numbers.count >= Self.commitsInMainFile
        else { return "rows \(numbers)" }
        // The journal's transaction sets every mark, or none.
        guard marks.count == 1 else { return "half of a transaction: \(marks)" }
        let lost = commits - numbers.count
        if hole != nil && lost == 0 { return "an alarm without loss" }
        // A log that is replaced as a whole is like one that was deleted.
        if case .replace = change { return nil }
        if !isNoticed(change) { return nil }
        if hole == nil && lost >= Self.noticedCommits { return "\(lost) lost without an alarm" }
        return nil
    }
}

/// Brings a machine into a state, and stops it there.
private struct StoppedMachine {
    let disk: SimulatedDisk
    let path: String
    let options: ConnectionOptions

    /// Room for more pages than the work needs.
    private static let operationsMaximum = 200
    /// Some pages to give back, one with each later commit.
    private static let freedBytes = 30_000

    /// Commits, some of which were moved into the main file and some not.
    func log(
        _ key: SecretBytes, inMainFile: Int, inLog: Int
    ) throws -> [TamperedFiles.File] {
        disk.reset(seed: 0)
        let connection = try begin(key)
        try fill(connection, 1...inMainFile, bytes: 200)
        if options.returnsPages {
            try connection.write { connection in
                try connection.run("CREATE TABLE scratch (body BLOB)")
                try connection.run(
                    "INSERT INTO scratch VALUES (zeroblob(?))", .integer(Self.freedBytes))
            }
        }
        try connection.checkpoint()
        if options.returnsPages { try connection.write { try $0.run("DELETE FROM scratch") } }
        try fill(connection, inMainFile + 1...inMainFile + inLog, bytes: 200)
        return withExtendedLifetime(connection) { files() }
    }

    /// A commit that has changed some pages of the main file, and not yet others.
    func journal(_ key: SecretBytes, commits: Int) throws -> [TamperedFiles.File] {
        var halfway: [[TamperedFiles.File]] = []
        for operation in 0..<Self.operationsMaximum {
            disk.reset(seed: 0)
            let connection = try begin(key)
            try fill(connection, 1...commits, bytes: 1500)
            let before = disk.contents(of: path)
            disk.plan(.powerCut, after: operation)
            do {
                try connection.write { try $0.run("UPDATE step SET mark = 1") }
            } catch is StorageError {}
            let isHot = disk.contents(of: path + "-journal")?.first ?? 0 != 0
            let isHalfway = disk.isDead && isHot && disk.contents(of: path) != before
            withExtendedLifetime(connection) { disk.isDead = true }
            if isHalfway { halfway.append(files()) } else if !halfway.isEmpty { break }
        }
        // The first has changed one of two pages.
        let middle = halfway.first ?? []
        precondition(middle.count == 2, "No commit was stopped halfway.")
        return middle
    }

    private func begin(_ key: SecretBytes) throws -> Connection {
        let connection = try Connection(path: path, key: key, options: options)
        try connection.write { connection in
            try connection.run(
                "CREATE TABLE step (number INTEGER PRIMARY KEY, mark INTEGER, body BLOB)")
        }
        return connection
    }

    private func fill(
        _ connection: Connection, _ numbers: ClosedRange<Int>, bytes: Int
    ) throws {
        for number in numbers {
            try connection.write { connection in
                try connection.run(
                    "INSERT INTO step VALUES (?, 0, randomblob(?))", .integer(number),
                    .integer(bytes))
                // Where there are pointer maps and free pages.
                try connection.returnFreePages(1)
            }
        }
    }

    private func files() -> [TamperedFiles.File] {
        disk.isDead = true
        return disk.names.map { TamperedFiles.File(name: $0, bytes: disk.contents(of: $0) ?? []) }
    }
}
