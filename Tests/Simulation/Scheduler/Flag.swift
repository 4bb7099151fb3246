import Synchronization

/// Something that is set, and taken once.
final class Flag: Sendable {
    private let isSet = Mutex(false)

    func set() { isSet.withLock { $0 = true } }

    /// Whether it was set since it was taken last.
    func take() -> Bool {
        isSet.withLock { isSet in
            defer { isSet = false }
            return isSet
        }
    }

    /// Whether it is set.
    var isUp: Bool { isSet.withLock(\.self) }
}
