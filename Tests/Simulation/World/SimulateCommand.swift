import Dispatch
import Glibc
import Synchronization

/// The program `simulate`.
///
/// ```
/// simulate [--seed S] [--runs N] [--jobs N] [--coverage]   many simulations, and a summary in JSON
/// simulate --seed S --trace                                one simulation, line by line
/// ```
/// Exit 0 only when no promise was broken and, with `--coverage`, every fault met every state.
package struct SimulateCommand {
    /// A wrong command line.
    struct UsageError: Error {
        let reason: String
    }

    /// How many simulations one process carries out: processes that die in one leave memory behind.
    private static let shareMaximum: UInt64 = 100
    private static let numberMaximum: UInt64 = 100_000_000
    private static let printedMaximum = 20

    private var seed: UInt64 = 1
    private var runs: UInt64 = 1
    private var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    private var keepsTrace = false
    private var needsCoverage = false
    /// Whether this process carries out one share, and reports to another.
    private var isShare = false

    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--trace": keepsTrace = true
            case "--coverage": needsCoverage = true
            case "--share": isShare = true
            case "--seed": seed = try Self.number(rest.popFirst(), of: word)
            case "--runs": runs = try Self.number(rest.popFirst(), of: word)
            case "--jobs": jobs = Int(max(1, try Self.number(rest.popFirst(), of: word)))
            default: throw UsageError(reason: "There is no option \(word).")
            }
        }
    }

    private static func number(_ text: String?, of option: String) throws(UsageError) -> UInt64 {
        guard let text, let number = UInt64(text), number <= numberMaximum else {
            throw UsageError(reason: "\(option) needs a number.")
        }
        return number
    }

    /// Carries out a command line, and returns the exit status.
    package static func run(_ words: [String]) -> Int32 {
        do {
            let command = try SimulateCommand(words)
            if command.keepsTrace { return try command.trace() }
            return command.isShare ? try command.share() : try command.all()
        } catch let error as UsageError {
            print("\(error.reason)\nusage: simulate [--seed S] [--runs N] [--jobs N] [--coverage]")
            print("       simulate --seed S --trace")
            return 64
        } catch {
            print("simulate: \(error)")
            return 70
        }
    }

    /// One simulation, line by line.
    private func trace() throws -> Int32 {
        let outcome = try Simulator().run(seed: seed, keepsTrace: true)
        for line in outcome.lines { print(line) }
        for violation in outcome.violations { print(violation) }
        print("hash \(String(outcome.hash, radix: 16)), \(outcome.jobs) jobs")
        return outcome.violations.isEmpty ? 0 : 1
    }

    /// The simulations of one share, for the process that asked for it.
    private func share() throws -> Int32 {
        let simulator = try Simulator()
        var tally = Tally()
        for seed in seed..<seed + runs { tally.add(simulator.run(seed: seed)) }
        print(tally.report)
        return 0
    }

    /// Every simulation, a few processes at a time.
    private func all() throws -> Int32 {
        let size = min(Self.shareMaximum, max(1, (runs + UInt64(jobs) - 1) / UInt64(jobs)))
        let shares = stride(from: seed, to: seed + runs, by: Int(size)).map { $0 }
        let end = seed + runs
        let state = Mutex((next: 0, tally: Tally(), failure: nil as (any Error)?))
        DispatchQueue.concurrentPerform(iterations: min(jobs, max(1, shares.count))) { _ in
            while true {
                let place = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                guard place < shares.count else { return }
                let first = shares[place]
                let count = min(size, end - first)
                do {
                    let report = try ShareProcess.output(of: [
                        "--share", "--seed", String(first), "--runs", String(count),
                    ])
                    let tally = try Tally(report: report)
                    state.withLock { $0.tally.add(tally) }
                } catch {
                    let failure = SimulationFailure(
                        "the simulations from seed \(first) on ended: \(error)")
                    state.withLock { $0.failure = failure }
                }
            }
        }
        let (tally, failure) = state.withLock { ($0.tally, $0.failure) }
        if let failure { throw failure }
        return show(tally)
    }

    private func show(_ tally: Tally) -> Int32 {
        for violation in tally.violations.sorted().prefix(Self.printedMaximum) { print(violation) }
        let holes = tally.coverage.holes
        if needsCoverage {
            print(tally.coverage.table)
            for (fault, place) in holes { print("never: \(fault.rawValue) in \(place.rawValue)") }
        }
        print(tally.json(seed: seed, runs: runs))
        return tally.violations.isEmpty && (holes.isEmpty || !needsCoverage) ? 0 : 1
    }
}
