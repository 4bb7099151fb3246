import SyncCore
import TestSupport
import Testing

struct VersionVectorTests {
    private let feeds = (0..<3).map { index in
        FeedID(
            device: DeviceID(validated: [UInt8](repeating: UInt8(index), count: 16)),
            incarnation: Incarnation(number: 1), topic: .audit, scope: .organisation)
    }

    private func vector(_ counts: [UInt64]) -> VersionVector {
        var vector = VersionVector()
        for (feed, count) in zip(feeds, counts) { vector[feed] = count }
        return vector
    }

    /// All vectors of three feeds with up to two records each.
    private var all: [VersionVector] {
        (0..<27).map { vector([$0 % 3, $0 / 3 % 3, $0 / 9]) }
    }

    @Test func `A union is commutative, associative and idempotent, and contains both`() {
        for a in all {
            #expect(a.union(a) == a)
            for b in all {
                let union = a.union(b)
                if union != b.union(a) || !union.contains(a) || !union.contains(b) {
                    Issue.record("\(a) \(b)")
                }
                for c in all where union.union(c) != a.union(b.union(c)) {
                    Issue.record("\(a) \(b) \(c)")
                }
            }
        }
    }

    @Test func `Relations mirror each other and agree with containment`() {
        for a in all {
            for b in all {
                let expected: VersionVector.Relation =
                    switch a.relation(to: b) {
                    case .same: .same
                    case .before: .after
                    case .after: .before
                    case .concurrent: .concurrent
                    }
                if b.relation(to: a) != expected || (a.relation(to: b) == .same) != (a == b) {
                    Issue.record("\(a) \(b)")
                }
            }
        }
        #expect(vector([1, 0, 0]).relation(to: vector([0, 1, 0])) == .concurrent)
    }

    @Test func `A count of none is the same as no count`() {
        var vector = vector([1, 2, 0])
        vector[feeds[0]] = 0
        #expect(vector.feeds == [feeds[1]])
        #expect(vector.filtered { $0 != feeds[1] } == VersionVector())
    }

    @Test func `The form does not depend on the order of writing, and returns`() throws {
        for vector in all {
            #expect(try VersionVector(canonicalBytes: vector.canonicalBytes) == vector)
        }
        var backwards = VersionVector()
        for (index, feed) in feeds.enumerated().reversed() { backwards[feed] = UInt64(index + 1) }
        #expect(backwards.canonicalBytes == vector([1, 2, 3]).canonicalBytes)
    }

    @Test func `Feeds out of order, repeated, empty or too many are refused`() {
        func refused(_ rule: CodingError.Rule, _ entries: [(FeedID, UInt64)]) {
            var writer = CBORWriter()
            writer.array(entries.count)
            for (feed, count) in entries {
                writer.array(2)
                writer.value(feed)
                writer.unsigned(count)
            }
            #expect(throws: CodingError(rule, in: "version vector")) {
                try VersionVector(canonicalBytes: writer.bytes)
            }
        }
        refused(.notCanonical, [(feeds[1], 1), (feeds[0], 1)])
        refused(.notCanonical, [(feeds[1], 1), (feeds[1], 1)])
        refused(.value, [(feeds[1], 0)])
        refused(.limit, [(feeds[1], Limits.positionMaximum + 1)])
        refused(.limit, Array(repeating: (feeds[0], 1), count: VersionVector.feedsMaximum + 1))
    }

    @Test func `A hybrid time grows past wall time and causes, and never past what can be read`()
        throws
    {
        let now = Timestamp(milliseconds: 1000)
        let first = HybridTime.zero.next(at: now)
        #expect(first.timestamp == now)
        #expect(first.next(at: now) > first)
        #expect(first.next(at: Timestamp(milliseconds: -5)) > first)
        let last = try HybridTime(canonicalBytes: (UInt64.max >> 1).canonicalBytes)
        let after = last.next(at: Timestamp(milliseconds: .max))
        #expect(try HybridTime(canonicalBytes: after.canonicalBytes) == after)
    }
}
