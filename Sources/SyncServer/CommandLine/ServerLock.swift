import CUnix
import Glibc
import SyncCore

/// Keeps two processes from using one hub's files at once.
enum ServerLock {
    /// Runs a body while no other process uses the home.
    ///
    /// The file stays: whoever removes a lock file lets two processes hold «the» lock.
    ///
    /// - Throws: ``ServerInUse`` if another process has it; ``StorageError``; what the body throws.
    static func hold(_ home: String, _ body: () async throws -> Void) async throws {
        let path = home + "/server.lock"
        let file = cunix_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StorageError(.cannotOpen, path: path, detail: String(cString: strerror(errno)))
        }
        defer { close(file) }
        guard cunix_lock(file, LOCK_EX | LOCK_NB) == 0 else { throw ServerInUse(home: home) }
        // Closing is not enough: a child between fork and exec still has the file, and so the lock.
        defer { _ = cunix_lock(file, LOCK_UN) }
        try await body()
    }
}

/// Another process has the hub's files.
struct ServerInUse: ExplainedError, Hashable {
    let home: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "Otro syncmail-server usa \(home). Párelo antes y vuelva a intentarlo.",
            en: "Another syncmail-server uses \(home). Stop it first, and try again.")
    }
    var exitStatus: ExitStatus { .tryLater }
}
