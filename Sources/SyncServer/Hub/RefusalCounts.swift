package import SyncCore
import Synchronization

/// How often the hub refused what, since it was started.
///
/// A refusal changes nothing, so this is all that is left of it: many of one kind tell of a device
/// that is broken, or of somebody who tries.
package final class RefusalCounts: Sendable {
    private let counts = Mutex<[String: UInt64]>([:])

    init() {}

    /// Counts a refusal by its name.
    func note(_ name: String) {
        counts.withLock { $0[name, default: 0] += 1 }
    }

    /// The counts by name, in ascending order of names.
    package var all: [(name: String, count: UInt64)] {
        counts.withLock { counts in counts.keys.sorted().map { ($0, counts[$0] ?? 0) } }
    }

    /// The counts for programs.
    package var json: JSONValue {
        var members: JSONValue.KeyValuePairs = [:]
        for (name, count) in all { members.append(name, .integer(Int64(clamping: count))) }
        return .object(members)
    }
}
