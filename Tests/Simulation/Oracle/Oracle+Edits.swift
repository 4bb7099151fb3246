import SyncCore
import Synchronization

/// A change of a field, with what its author was shown.
struct Edit: Hashable, Sendable {
    let path: RegisterPath
    /// Every edit writes a value of its own.
    let value: String
    let seen: [String]
    let device: Int
    let time: Duration
}

/// What the oracle knows of the configuration.
extension Oracle {
    /// A device stored an edit.
    func edited(_ path: RegisterPath, _ value: String, seeing seen: [String], on device: Int) {
        tell("n\(device) sets \(path) to \(value), seeing \(seen.sorted())")
        let edit = Edit(
            path: path, value: value, seen: seen, device: device, time: scheduler.now)
        state.withLock { $0.edits.append(edit) }
    }

    /// The values of a field that count, if exactly some edits are known: those that no other one
    /// replaced.
    ///
    /// - Parameters:
    ///   - path: The field.
    ///   - known: The values of the edits that are known.
    /// - Returns: The values, in ascending order.
    func liveValues(of path: RegisterPath, known: Set<String>) -> [String] {
        let edits = state.withLock(\.edits).filter { $0.path == path && known.contains($0.value) }
        let replaced = Set(edits.flatMap(\.seen))
        return known.filter { !replaced.contains($0) }.sorted()
    }

    /// The edits that nobody can have lost.
    func certainEdits(of path: RegisterPath) -> [Edit] {
        state.withLock { state in
            state.edits.filter { edit in
                edit.path == path
                    && !state.setbacks.contains {
                        $0.device == edit.device && $0.target < edit.time && $0.time >= edit.time
                    }
            }
        }
    }
}
