import Front
import Synchronization

/// A lock that is held until it is released or the process ends.
final class HeldLock: Sendable {
    private let lock: Mutex<FileLock?>

    init(_ lock: consuming FileLock) {
        self.lock = Mutex(lock)
    }

    /// Lets somebody else take it.
    func release() {
        lock.withLock { $0 = nil }
    }
}

/// The lock under which fronts start engines, as an engine that wants to leave takes it.
///
/// While the engine holds it no front starts another; a front that holds it is about to
/// connect, so the engine stays.
final class LeavingLock: Sendable {
    private let path: String
    private let lock = Mutex<FileLock?>(nil)

    init(path: String) {
        self.path = path
    }

    /// Takes the lock if no front holds it, and tells whether that succeeded.
    func take() -> Bool {
        lock.withLock { lock in
            // A file that cannot be opened is no reason to stay for ever.
            guard let taken = try? FileLock.take(path) else { return false }
            lock = consume taken
            return true
        }
    }

    /// Lets a front start the next engine.
    func release() {
        lock.withLock { $0 = nil }
    }
}
