/// What a harness met.
struct TortureSummary {
    let name: String
    let seeds: Range<UInt64>
    /// What was counted, in the order to show.
    var counts: [(name: String, count: Int)] = []
    /// One sentence for each promise that was broken.
    var violations: [String] = []

    /// The summary in one line.
    var json: String {
        let counted = counts.map { "\"\($0.name)\":\($0.count)" }
        let fields =
            [
                "\"torture\":\"\(name)\"", "\"runs\":\(seeds.count)",
                "\"seed\":\(seeds.lowerBound)",
            ] + counted + ["\"violations\":\(violations.count)"]
        return "{\(fields.joined(separator: ","))}"
    }
}
