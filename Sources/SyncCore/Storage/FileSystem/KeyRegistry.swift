import Synchronization

/// The keys of the files that are being opened, by canonical path.
///
/// A path that is not here cannot be opened, so forgetting a key fails closed. Keys are
/// registered for the length of one opening; the open file keeps what it needs.
final class KeyRegistry: Sendable {
    private let keys = Mutex<[String: SecretBytes]>([:])

    /// The key of a path.
    func key(for path: String) -> SecretBytes? {
        keys.withLock { $0[path] }
    }

    /// Runs a body while a path has a key.
    func register<Value, Failure: Error>(
        _ key: SecretBytes, for path: String, during body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let previous = keys.withLock { keys in
            let previous = keys[path]
            keys[path] = key
            return previous
        }
        defer { keys.withLock { $0[path] = previous } }
        return try body()
    }
}
