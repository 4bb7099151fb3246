import TestSupport

/// What to torture, how often, and from which seed on.
struct TortureRequest {
    /// A wrong command line.
    struct UsageError: Error, CustomStringConvertible {
        let reason: String

        var description: String {
            let names = TortureRequest.harnesses.map(\.name).joined(separator: " | ")
            return "\(reason)\nusage: torture \(names) [--runs N] [--seed S]"
        }
    }

    /// A way to torture: its name, and a function from seeds to what they met.
    struct Harness: Sendable {
        let name: String
        let run: @Sendable (_ seeds: Range<UInt64>) -> TortureSummary
    }

    /// Every harness.
    ///
    /// A new one is a file of its own and a line here.
    static let harnesses = [
        Harness(name: "powercut") { storageTorture("powercut", .powerCut, $0) },
        Harness(name: "kill") { storageTorture("kill", .kill, $0) },
        Harness(name: "ioerror") { storageTorture("ioerror", .error, $0) },
        Harness(name: "tamper") { tamperTorture($0) },
    ]

    private static let runsDefault: UInt64 = 1000
    private static let runsMaximum: UInt64 = 100_000_000
    private let harness: Harness
    private let seeds: Range<UInt64>

    /// Reads the command line.
    init(_ arguments: [String]) throws(UsageError) {
        guard let name = arguments.first,
            let harness = Self.harnesses.first(where: { $0.name == name })
        else { throw UsageError(reason: "Name what to torture.") }
        var runs = Self.runsDefault
        var seed: UInt64 = 1
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            guard let text = rest.popFirst(), let number = UInt64(text),
                number <= Self.runsMaximum
            else { throw UsageError(reason: "\(option) needs a number.") }
            switch option {
            case "--runs": runs = number
            case "--seed": seed = number
            default: throw UsageError(reason: "There is no option \(option).")
            }
        }
        self.harness = harness
        seeds = seed..<seed + runs
    }

    /// Runs the harness.
    func run() -> TortureSummary {
        harness.run(seeds)
    }
}
