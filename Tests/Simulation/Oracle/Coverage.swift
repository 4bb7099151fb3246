/// How often each fault met each state of the protocol.
package struct Coverage: Sendable {
    private var counts: [FaultKind: [ProtocolState: Int]] = [:]

    mutating func count(_ fault: FaultKind, in place: ProtocolState, _ number: Int = 1) {
        counts[fault, default: [:]][place, default: 0] += number
    }

    package mutating func add(_ other: Coverage) {
        for (fault, places) in other.counts {
            for (place, count) in places { counts[fault, default: [:]][place, default: 0] += count }
        }
    }

    package func count(of fault: FaultKind, in place: ProtocolState) -> Int {
        counts[fault]?[place] ?? 0
    }

    /// The pairs that never met.
    package var holes: [(FaultKind, ProtocolState)] {
        FaultKind.allCases.flatMap { fault in
            ProtocolState.allCases.filter { count(of: fault, in: $0) == 0 }.map { (fault, $0) }
        }
    }

    /// A table for people.
    package var table: String {
        let names = ProtocolState.allCases.map(\.rawValue)
        let width = FaultKind.allCases.map(\.rawValue.count).max() ?? 0
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let head = pad("", width) + names.map { "  " + $0 }.joined()
        let rows = FaultKind.allCases.map { fault in
            pad(fault.rawValue, width)
                + ProtocolState.allCases.map {
                    pad(String(count(of: fault, in: $0)), $0.rawValue.count + 2)
                }.joined()
        }
        return ([head] + rows).joined(separator: "\n")
    }
}
