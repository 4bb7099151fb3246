/// What a harness met.
struct TortureSummary: Sendable {
    /// How many violations are printed; more say nothing new.
    private static let printedMaximum = 20

    let name: String
    let seeds: Range<UInt64>
    /// The protection that was missing.
    let missing: Safety?
    /// What was counted, in the order to show.
    private(set) var counts: [(name: String, count: Int)] = []
    /// One sentence for each promise that was broken.
    private(set) var violations: [String] = []

    /// Makes a summary of a job that has met nothing yet.
    init(name: String, seeds: Range<UInt64>, without missing: Safety? = nil) {
        self.name = name
        self.seeds = seeds
        self.missing = missing
    }

    /// Counts.
    mutating func count(_ name: String, _ number: Int) {
        if let index = counts.firstIndex(where: { $0.name == name }) {
            counts[index].count += number
        } else {
            counts.append((name, number))
        }
    }

    /// Notes broken promises, and prints the first of them.
    mutating func note(_ broken: [String]) {
        for violation in broken.prefix(max(0, Self.printedMaximum - violations.count)) {
            print(violation)
        }
        violations += broken
    }

    /// Adds what another share met.
    mutating func add(_ other: TortureSummary) {
        for (name, number) in other.counts { count(name, number) }
        violations += other.violations
    }

    /// The summary in one line.
    var json: String {
        let counted = counts.map { "\"\($0.name)\":\($0.count)" }
        let fields =
            [
                "\"torture\":\"\(name)\"", "\"runs\":\(seeds.count)",
                "\"seed\":\(seeds.lowerBound)",
            ] + (missing.map { ["\"without\":\"\($0.rawValue)\""] } ?? [])
            + counted + ["\"violations\":\(violations.count)"]
        return "{\(fields.joined(separator: ","))}"
    }
}
