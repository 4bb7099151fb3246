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

    /// Takes the lock, and tells whether the engine may leave: it stays while a front holds it.
    func take() -> Bool {
        lock.withLock { lock in
            do throws(SystemError) {
                guard let taken = try FileLock.take(path) else { return false }
                lock = consume taken
            } catch {
                // A file that cannot be opened is no reason to stay for ever: its home may have
                // been removed, and no front can take the lock there either.
            }
            return true
        }
    }

    /// Lets a front start the next engine.
    func release() {
        lock.withLock { $0 = nil }
    }
}
