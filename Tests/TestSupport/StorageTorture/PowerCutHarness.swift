import Glibc
package import SyncCore

/// Cuts the power of simulated machines, and checks that nothing acknowledged was lost.
///
/// A run creates a database, then lives three times: random transactions until a fault, a new
/// opening, and a comparison with a model. After the fault exactly the acknowledged transactions
/// may be there, or one more, which was in flight.
package final class PowerCutHarness {
    /// What ends a life.
    package enum Fault: String, Sendable, CaseIterable {
        case powerCut
        case kill
        case error
    }

    /// Where the machines differ.
    package struct Variation: Sendable {
        package var journal = ConnectionOptions.Journal.writeAheadLog
        package var cachePages = 500
        package var spillsCache = false
        package var undoesParts = true
        package var erasesDeleted = true
        package var growsLarge = false
        package var returnsPages = false
        package var syncsCommits = true
        package var fault = Fault.powerCut

        /// Whether free pages can be read, to give them back.
        ///
        /// In a rollback journal SQLite saves no free page that it fills, so a power cut can tear
        /// one. Nobody reads it again but VACUUM and who gives it back, which is then refused.
        var canReadFreePages: Bool { returnsPages && journal == .writeAheadLog }

        /// How many combinations there are for one kind of file.
        private static let oneKindCount = 48

        package init() {}

        /// Every combination of journal, cache, workload and kind of file: the second half keeps
        /// pointer maps and gives free pages back.
        ///
        /// A rollback journal also meets a cache that spills. The product's never does, because
        /// SQLite's log loses commits then.
        package static func all(_ fault: Fault) -> [Variation] {
            (0..<2 * oneKindCount).map { number in
                let bits = number % oneKindCount
                var variation = Variation()
                variation.returnsPages = number >= oneKindCount
                variation.spillsCache = bits & 32 != 0
                variation.journal = bits & 33 == 0 ? .writeAheadLog : .rollback
                variation.cachePages = bits & 2 == 0 ? 8 : 500
                variation.undoesParts = bits & 4 == 0
                variation.erasesDeleted = bits & 8 == 0
                variation.growsLarge = bits & 16 != 0
                variation.fault = fault
                return variation
            }
        }
    }

    /// What a number of runs met.
    package struct Outcome: Sendable {
        package var faults = 0
        package var commits = 0
        /// How many transactions survived although nobody had heard of their commit.
        package var inFlightSurvived = 0
        /// One sentence for each run that broke a promise, with its seed.
        package var violations: [String] = []

        package init() {}
    }

    private let disk: SimulatedDisk
    private let fileSystem: EncryptingFileSystem
    private let path = "/t.db"
    private let key: SecretBytes
    private static let lives = 3
    private static let transactionsMaximum = 400

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - options: Which protections the file system has.
    ///   - syncsFolders: Whether the disk syncs folders when it is asked to.
    package init(
        name: String, options: EncryptingFileSystem.Options = EncryptingFileSystem.Options(),
        syncsFolders: Bool = true
    ) {
        disk = SimulatedDisk(name: "disk of \(name)")
        disk.syncsFolders = syncsFolders
        fileSystem = EncryptingFileSystem(name: name, over: disk.name, options: options)
        key = SecretBytes(count: 32) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(index) }
        }
    }

    /// Runs once for each seed.
    package func run(_ seeds: Range<UInt64>, _ variation: Variation) -> Outcome {
        var outcome = Outcome()
        for seed in seeds {
            if let violation = run(seed, variation, &outcome) {
                outcome.violations.append("seed \(seed), \(variation.fault): \(violation)")
            }
        }
        return outcome
    }

    private func run(
        _ seed: UInt64, _ variation: Variation, _ outcome: inout Outcome
    ) -> String? {
        disk.reset(seed: seed)
        var workload = RowWorkload(
            chance: SeededGenerator(seed: seed), undoesParts: variation.undoesParts,
            growsLarge: variation.growsLarge, returnsPages: variation.canReadFreePages)
        var model = RowModel()
        do {
            try create(variation)
            for life in 1...Self.lives {
                let before = model
                let (acknowledged, attempted) = try live(before, &workload, variation, &outcome)
                let connection = try open(variation)
                if let hole = connection.logHole { return "an alarm without cause: \(hole)" }
                let violation = try verify(
                    connection, variation, acknowledged, attempted, &model, &outcome)
                if let violation { return violation }
                guard life == Self.lives else { continue }
                try connection.close()
                if let hole = firstHole() { return "page \(hole) was never written" }
            }
            return nil
        } catch {
            return "the database does not open, or fails without a cause: \(error)"
        }
    }

    private func open(_ variation: Variation) throws -> Connection {
        var options = ConnectionOptions()
        options.journal = variation.journal
        options.cachePages = variation.cachePages
        options.spillsCache = variation.spillsCache
        options.syncsCommits = variation.syncsCommits
        options.checkpointPages = 20
        options.erasesDeleted = variation.erasesDeleted
        options.returnsPages = variation.returnsPages
        options.fileSystem = fileSystem
        return try Connection(path: path, key: key, options: options)
    }

    private func create(_ variation: Variation) throws {
        let connection = try open(variation)
        try connection.update(to: [RowModel.tables])
        try connection.close()
    }

    /// Works until the fault.
    ///
    /// Returns what was acknowledged, and what was attempted if that differs.
    private func live(
        _ start: RowModel, _ workload: inout RowWorkload, _ variation: Variation,
        _ outcome: inout Outcome
    ) throws -> (acknowledged: RowModel, attempted: RowModel?) {
        let operations = workload.chance.number(
            below: [60, 600, 4000][workload.chance.number(below: 3)])
        disk.plan(variation.fault == .error ? .error : .powerCut, after: operations)
        outcome.faults += 1
        defer { endFault(variation.fault) }
        var acknowledged = start
        var attempted = start
        do {
            let connection = try open(variation)
            for _ in 0..<Self.transactionsMaximum {
                try workload.transact(on: connection, &attempted)
                acknowledged = attempted
                outcome.commits += 1
                if workload.chance.isOne(in: 40) { try connection.checkpoint() }
                // See `canReadFreePages`.
                if workload.chance.isOne(in: 97), variation.journal == .writeAheadLog {
                    try connection.vacuum()
                }
                // An error that the caller need not hear of, such as one in a checkpoint.
                if disk.isFaultOver { break }
            }
            // Swift may let go of an object after its last use, and letting go closes the file.
            withExtendedLifetime(connection) { disk.isDead = variation.fault != .error }
            return (acknowledged, nil)
        } catch {
            guard disk.isFaultOver else { throw error }
            return (acknowledged, attempted == acknowledged ? nil : attempted)
        }
    }

    private func endFault(_ fault: Fault) {
        switch fault {
        case .powerCut: disk.losePower()
        case .kill: disk.revive()
        case .error: disk.cancelFault()
        }
    }

    /// The number of a page that is nothing but zeros, which no encrypted page is.
    private func firstHole() -> Int? {
        let contents = disk.contents(of: path) ?? []
        let zeros = [UInt8](repeating: 0, count: PageLayout.pageBytes)
        return contents.withUnsafeBytes { contents in
            stride(from: 0, to: contents.count, by: PageLayout.pageBytes)
                .first { offset in
                    contents.baseAddress.map { memcmp($0 + offset, zeros, zeros.count) } == 0
                }
                .map { $0 / PageLayout.pageBytes + 1 }
        }
    }

    private func verify(
        _ connection: Connection, _ variation: Variation, _ acknowledged: RowModel,
        _ attempted: RowModel?, _ model: inout RowModel, _ outcome: inout Outcome
    ) throws -> String? {
        let found = try connection.first("SELECT transactions FROM progress") { $0.integer(0) }
        if found == acknowledged.transactions {
            model = acknowledged
        } else if let attempted, found == attempted.transactions {
            model = attempted
            outcome.inFlightSurvived += 1
        } else {
            return "\(found ?? -1) transactions, not \(acknowledged.transactions)"
        }
        if let difference = try model.difference(from: connection) { return difference }
        guard try connection.returnsPages() == variation.returnsPages else {
            return "the file is not of the kind that it was made"
        }
        let check = try connection.first("PRAGMA integrity_check") { $0.text(0) }
        return check == "ok" ? nil : "integrity: \(check ?? "")"
    }
}
