/// What many simulations met.
struct Tally: Sendable {
    private(set) var coverage = Coverage()
    private(set) var violations: [String] = []
    private var counts: [String: Int] = [:]

    init() {}

    /// Adds one simulation.
    mutating func add(_ outcome: Outcome) {
        coverage.add(outcome.coverage)
        // What came after the first says nothing new.
        violations += outcome.violations.prefix(1)
        count("accepted", outcome.accepted)
        count("taken", outcome.taken)
        count("doubtful", outcome.doubtful)
        count("jobs", outcome.jobs)
        count("faults", outcome.faults.values.reduce(0, +))
        count("failingSeeds", outcome.violations.isEmpty ? 0 : 1)
    }

    /// Adds what another process met.
    mutating func add(_ other: Tally) {
        coverage.add(other.coverage)
        violations += other.violations
        for (name, number) in other.counts { count(name, number) }
    }

    private mutating func count(_ name: String, _ number: Int) {
        counts[name, default: 0] += number
    }

    /// The tally as text for another process.
    var report: String {
        let met = FaultKind.allCases.flatMap { fault in
            ProtocolState.allCases.map { place in
                "met \(fault.rawValue) \(place.rawValue) \(coverage.count(of: fault, in: place))"
            }
        }
        let counted = counts.sorted { $0.key < $1.key }.map { "count \($0.key) \($0.value)" }
        let broken = violations.map { "broken " + $0.replacing("\n", with: " ") }
        return (met + counted + broken + ["end"]).joined(separator: "\n")
    }

    /// Reads such a text.
    init(report: String) throws {
        let lines = report.split(separator: "\n")
        guard lines.last == "end" else { throw SimulationFailure("a report without an end") }
        for line in lines.dropLast() {
            let words = line.split(separator: " ", maxSplits: 3)
            switch words.first {
            case "met" where words.count == 4:
                guard let fault = FaultKind(rawValue: String(words[1])),
                    let place = ProtocolState(rawValue: String(words[2])),
                    let number = Int(words[3])
                else { throw SimulationFailure("a report that cannot be read: \(line)") }
                coverage.count(fault, in: place, number)
            case "count" where words.count == 3:
                count(String(words[1]), Int(words[2]) ?? 0)
            case "broken": violations.append(String(line.dropFirst("broken ".count)))
            default: throw SimulationFailure("a report that cannot be read: \(line)")
            }
        }
    }

    /// The tally in one line.
    func json(seed: UInt64, runs: UInt64) -> String {
        let counted = counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        let fields =
            ["\"torture\":\"simulate\"", "\"runs\":\(runs)", "\"seed\":\(seed)"] + counted
            + ["\"violations\":\(violations.count)"]
        return "{\(fields.joined(separator: ","))}"
    }
}
