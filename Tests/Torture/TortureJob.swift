import Dispatch
import Synchronization

/// A share of the runs of one harness.
struct TortureJob: Sendable {
    /// All runs, of which this is a share.
    let all: Range<UInt64>
    /// Which share, and how many there are.
    let part: Int
    let parts: Int
    /// The protection that is missing.
    let missing: Safety?

    /// The seeds of this share.
    var seeds: StrideTo<UInt64> {
        stride(from: all.lowerBound + UInt64(part), to: all.upperBound, by: parts)
    }

    /// A name for a file system that no other share has.
    func name(_ harness: String) -> String { "\(harness) \(part)" }

    /// Does all shares at once, each on a thread of its own, and adds up what they met.
    static func run(
        _ harness: Harness, _ seeds: Range<UInt64>, without missing: Safety?, parts: Int
    ) -> TortureSummary {
        let total = Mutex(
            TortureSummary(name: harness.name, seeds: seeds, without: missing))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let job = TortureJob(all: seeds, part: part, parts: parts, missing: missing)
            let summary = harness.run(job)
            total.withLock { $0.add(summary) }
        }
        return total.withLock(\.self)
    }
}
