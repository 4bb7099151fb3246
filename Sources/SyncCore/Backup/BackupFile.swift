import CUnix
import Glibc

/// A file that is written or read from its beginning to its end.
///
/// Its calls block, so whoever uses it has a thread of its own.
package struct BackupFile: ~Copyable {
    /// How many bytes are moved at once.
    package static let pieceByteCount = 256 * 1024

    private let descriptor: Int32
    private let path: String

    /// Makes a private file, which must not exist.
    package init(creating path: String) throws(BackupError) {
        self.path = path
        descriptor = cunix_open(
            path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw BackupError(.disk(errno), path: path) }
    }

    /// Opens a file to read it.
    package init(reading path: String) throws(BackupError) {
        self.path = path
        descriptor = cunix_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw BackupError(.disk(errno), path: path) }
    }

    deinit {
        // What must be on disk was synced before; a failure of that was thrown.
        close(descriptor)
    }

    /// Writes all bytes.
    package func write(_ bytes: ArraySlice<UInt8>) throws(BackupError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw BackupError(.disk(errno), path: path) }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// The next bytes; none at the end.
    package func read() throws(BackupError) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { buffer, filled in
            repeat {
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            filled = max(count, 0)
        }
        guard count >= 0 else { throw BackupError(.disk(errno), path: path) }
        return bytes
    }

    /// Puts what was written on stable storage.
    package func sync() throws(BackupError) {
        guard fsync(descriptor) == 0 else { throw BackupError(.disk(errno), path: path) }
    }

    /// Whether anything has this name, a link without an end included.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Puts a file, or what a folder lists, on stable storage.
    package static func sync(_ path: String) throws(BackupError) {
        let descriptor = cunix_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw BackupError(.disk(errno), path: path) }
        defer { close(descriptor) }
        // Some network folders cannot be synced and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw BackupError(.disk(errno), path: path)
        }
    }
}
