import Glibc

/// What to torture, how often, and from which seed on.
struct TortureRequest {
    /// A wrong command line.
    struct UsageError: Error, CustomStringConvertible {
        let reason: String

        var description: String {
            let names = Harness.all.map(\.name).joined(separator: " | ")
            return "\(reason)\nusage: torture \(names) [--runs N] [--seed S] [--jobs N] "
                + "[--without SAFETY]"
        }
    }

    private static let numberMaximum: UInt64 = 100_000_000
    private let harness: Harness
    private var runs: UInt64
    private var seed: UInt64 = 1
    private var parts = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    private var missing: Safety?

    /// Reads the command line.
    init(_ arguments: [String]) throws(UsageError) {
        guard let name = arguments.first,
            let harness = Harness.all.first(where: { $0.name == name })
        else { throw UsageError(reason: "Name what to torture.") }
        self.harness = harness
        runs = harness.runsDefault
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            try read(option, rest.popFirst() ?? "")
        }
    }

    private mutating func read(_ option: String, _ text: String) throws(UsageError) {
        if option == "--without" {
            guard let safety = Safety(rawValue: text), harness.safeties.contains(safety) else {
                let names = harness.safeties.map(\.rawValue).joined(separator: ", ")
                throw UsageError(reason: "\(harness.name) can be run without: \(names).")
            }
            missing = safety
            return
        }
        guard let number = UInt64(text), number <= Self.numberMaximum else {
            throw UsageError(reason: "\(option) needs a number.")
        }
        switch option {
        case "--runs": runs = number
        case "--seed": seed = number
        case "--jobs" where number > 0: parts = Int(number)
        default: throw UsageError(reason: "There is no option \(option).")
        }
    }

    /// Runs the harness.
    func run() -> TortureSummary {
        TortureJob.run(
            harness, seed..<seed + runs, without: missing,
            parts: min(parts, harness.partsMaximum))
    }
}
