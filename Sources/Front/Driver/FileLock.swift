import CUnix
import Glibc

/// A lock that ends with the process that holds it (`flock`).
package struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock, or returns nil if somebody else holds it.
    ///
    /// The file is made if it is missing, and never removed: whoever removes a lock file lets
    /// two processes hold «the» lock.
    package static func take(_ path: String) throws(SystemError) -> FileLock? {
        let descriptor = cunix_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last }
        guard cunix_lock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError.last
            close(descriptor)
            if error.number == EWOULDBLOCK { return nil }
            throw error
        }
        return FileLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // A child between fork and exec still has the file, and would keep the lock.
        _ = cunix_lock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
