package import SyncCore

/// Lets the first call fail, then the second, the third…, until the work passes.
///
/// The work opens a file whose log must be recovered, commits some transactions, vacuums and
/// closes. After each failure exactly the acknowledged transactions may be there, or one more,
/// which was in flight.
package final class FaultSweepHarness {
    /// What fails.
    package enum Failure: String, Sendable {
        case oneCall
        case allCalls
        case fullDisk
        /// One call does nothing and says that it succeeded, which shows that the harness notices.
        case silence
        case oneAllocation
        case allAllocations

        /// Whether memory fails and not the disk.
        package var isOfMemory: Bool { self == .oneAllocation || self == .allAllocations }
    }

    /// What a sweep met.
    package struct Outcome: Sendable {
        /// At how many calls there was a failure.
        package var calls = 0
        package var commits = 0
        package var violations: [String] = []

        package init() {}
    }

    private struct Life {
        var acknowledged: RowModel
        var attempted: RowModel
        var connection: Connection?
    }

    private static let transactions = 4
    private static let rowBytesMaximum = 6000
    private static let callsMaximum = 1_000_000
    /// After so many a sweep ends; more say nothing new.
    private static let violationsMaximum = 20
    private let disk: SimulatedDisk
    private let path = "/t.db"
    private let key = SecretBytes(count: 32) { $0.storeBytes(of: 9, as: UInt8.self) }
    private var options = ConnectionOptions()

    /// Makes a machine.
    ///
    /// The name must not be taken by another in the process.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - journal: How a transaction survives.
    ///   - returnsPages: Whether the file keeps pointer maps and gives free pages back.
    package init(
        name: String, journal: ConnectionOptions.Journal, returnsPages: Bool = false
    ) {
        disk = SimulatedDisk(name: "disk of \(name)")
        options.fileSystem = EncryptingFileSystem(name: name, over: disk.name)
        options.journal = journal
        options.cachePages = 10
        options.checkpointPages = 20
        options.returnsPages = returnsPages
    }

    /// Sweeps over one piece of work.
    ///
    /// - Parameters:
    ///   - seed: Which work.
    ///   - failure: What fails.
    ///   - part: Which share of the calls fails, of so many shares.
    ///   - parts: How many shares there are.
    ///   - acknowledgesEarly: Whether to count a commit before it has happened, which shows that
    ///     the harness notices.
    /// - Returns: What was met.
    /// - Throws: What kept the work from being prepared.
    package func run(
        seed: UInt64, _ failure: Failure, part: Int = 0, of parts: Int = 1,
        acknowledgesEarly: Bool = false
    ) throws -> Outcome {
        let (start, files) = try prepare(seed)
        var outcome = Outcome()
        for call in stride(from: part, to: Self.callsMaximum, by: parts) {
            disk.reset(seed: seed)
            for file in files { disk.place(file.bytes, in: file.name) }
            plan(failure, call)
            var workload = RowWorkload(
                chance: SeededGenerator(seed: seed &+ 1), undoesParts: true, growsLarge: false,
                longRowBytes: Self.rowBytesMaximum, returnsPages: options.returnsPages)
            var life = Life(acknowledged: start, attempted: start)
            work(&workload, &life, acknowledgesEarly, &outcome)
            let isOver = cancel(failure)
            let violation = judge(life)
            if let violation {
                outcome.violations.append("seed \(seed), \(failure) at \(call): \(violation)")
            }
            let isHopeless = outcome.violations.count >= Self.violationsMaximum
            guard isOver, !isHopeless else { return outcome }
            outcome.calls += 1
        }
        outcome.violations.append("seed \(seed), \(failure): the work never passed")
        return outcome
    }

    /// A file with some commits, and a log that a killed process left.
    private func prepare(
        _ seed: UInt64
    ) throws -> (RowModel, [(name: String, bytes: [UInt8])]) {
        disk.reset(seed: seed)
        var model = RowModel()
        var workload = RowWorkload(
            chance: SeededGenerator(seed: seed), undoesParts: false, growsLarge: false,
            longRowBytes: Self.rowBytesMaximum)
        let connection = try Connection(path: path, key: key, options: options)
        try connection.update(to: [RowModel.tables])
        for _ in 1...3 { try workload.transact(on: connection, &model) }
        let files = disk.names.map { (name: $0, bytes: disk.contents(of: $0) ?? []) }
        withExtendedLifetime(connection) { disk.isDead = true }
        return (model, files)
    }

    private func plan(_ failure: Failure, _ call: Int) {
        switch failure {
        case .oneCall: disk.plan(.error, after: call)
        case .allCalls: disk.plan(.errors, after: call)
        case .fullDisk: disk.plan(.full, after: call)
        case .silence: disk.plan(.silence, after: call)
        case .oneAllocation: AllocationFaults.plan(after: call, persists: false)
        case .allAllocations: AllocationFaults.plan(after: call, persists: true)
        }
    }

    /// Ends the failure, and returns whether it came.
    private func cancel(_ failure: Failure) -> Bool {
        if failure.isOfMemory { return AllocationFaults.cancel() }
        defer { disk.cancelFault() }
        return disk.isFaultOver
    }

    /// Works on through failures, and opens again where the connection asks for it.
    private func work(
        _ workload: inout RowWorkload, _ life: inout Life, _ acknowledgesEarly: Bool,
        _ outcome: inout Outcome
    ) {
        for number in 0..<Self.transactions {
            do {
                let connection = try open(&life)
                if acknowledgesEarly {
                    var next = life.attempted
                    next.transactions += 1
                    life.acknowledged = next
                }
                try workload.transact(on: connection, &life.attempted)
                life.acknowledged = life.attempted
                outcome.commits += 1
                if number == Self.transactions / 2 { try connection.vacuum() }
                if number == Self.transactions - 1 { try connection.close() }
            } catch {
                // What the file holds now decides how the work goes on. If even that cannot be
                // read, the life ends here.
                guard let found = try? settle(&life) else {
                    life.connection = nil
                    return
                }
                life.acknowledged = found
                life.attempted = found
            }
        }
        life.connection = nil
    }

    private func open(_ life: inout Life) throws -> Connection {
        if let connection = life.connection { return connection }
        let connection = try Connection(path: path, key: key, options: options)
        life.connection = connection
        return connection
    }

    /// Which of the two models holds, in the connection that met the failure or in a new one.
    private func settle(_ life: inout Life) throws -> RowModel? {
        do {
            return try model(in: try open(&life), life)
        } catch {
            life.connection = nil
            return try model(in: try open(&life), life)
        }
    }

    private func model(in connection: Connection, _ life: Life) throws -> RowModel? {
        // Where a disk lied, even what may not be null can be.
        let found = try connection.first("SELECT transactions FROM progress") {
            $0.optionalInteger(0)
        }
        return [life.acknowledged, life.attempted].first { $0.transactions == found }
    }

    private func judge(_ life: Life) -> String? {
        do {
            let connection = try Connection(path: path, key: key, options: options)
            if let hole = connection.logHole { return "an alarm without cause: \(hole)" }
            guard let model = try model(in: connection, life) else {
                return "not \(life.acknowledged.transactions) transactions"
            }
            if let difference = try model.difference(from: connection) { return difference }
            let check = try connection.first("PRAGMA integrity_check") { $0.text(0) }
            return check == "ok" ? nil : "integrity: \(check ?? "")"
        } catch {
            return "the database does not open: \(error)"
        }
    }
}
