import CUnix
import Glibc
package import SyncCore

/// The certificate authorities of accounts, as files, because libcurl reads them from files.
///
/// Each file is named by the hash of what it holds, so writing one twice changes nothing.
package struct AuthorityFiles: Sendable {
    private let directory: String

    /// Keeps files in a directory that exists and belongs to the process's user.
    package init(directory: String) {
        self.directory = directory
    }

    /// The file that holds an authority.
    ///
    /// - Parameter pem: The authority.
    /// - Returns: The file's path.
    /// - Throws: ``StorageError`` if it cannot be written.
    package func file(for pem: String) throws(StorageError) -> String {
        let bytes = Array(pem.utf8)
        let path = "\(directory)/ca-\(Digest(of: bytes).bytes.prefix(8).hexadecimal).pem"
        guard access(path, R_OK) != 0 else { return path }
        // A half-written file must never be found under its final name.
        let part = path + ".part"
        let descriptor = cunix_open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError(.cannotOpen, path: part) }
        defer { close(descriptor) }
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(part, path) == 0
        else { throw StorageError(.inputOutput, path: part) }
        return path
    }
}
