import CUnix
import Glibc

/// A small file that only its owner may read.
struct PrivateFile {
    let path: String
    /// Whether the file's group may read it, too.
    ///
    /// systemd shows a right that it gives the service alone as a right of the group.
    var isReadableByGroup = false

    /// No file of keys is longer.
    static let byteCountMaximum = 64 * 1024

    /// Reads the whole file.
    ///
    /// - Throws: ``StorageError``: `missingKey`, `linked`, `exposedKey` if others may read or
    ///   write it, `damagedKey` if it is no plain file or too long.
    func read() throws(StorageError) -> [UInt8] {
        let file = cunix_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0)
        guard file >= 0 else {
            switch errno {
            case ENOENT: throw failure(.missingKey)
            case ELOOP: throw StorageError(.linked, path: path)
            default: throw failure(.cannotOpen)
            }
        }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(.inputOutput) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.byteCountMaximum else {
            throw StorageError(.damagedKey, path: path)
        }
        let others: mode_t = isReadableByGroup ? 0o037 : 0o077
        guard status.st_mode & others == 0 else { throw StorageError(.exposedKey, path: path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure(.inputOutput) }
        return Array(bytes.prefix(count))
    }

    /// Makes a file that does not exist yet.
    func create(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard access(path, F_OK) != 0 else {
            throw StorageError(.cannotOpen, path: path, detail: "it exists already")
        }
        try replace(bytes)
    }

    /// Makes a file of bytes that are not secret as they are.
    func create(_ bytes: [UInt8]) throws(StorageError) {
        try lend(bytes) { (bytes) throws(StorageError) in try create(bytes) }
    }

    /// Writes the file anew, from bytes that are not secret as they are.
    func replace(_ bytes: [UInt8]) throws(StorageError) {
        try lend(bytes) { (bytes) throws(StorageError) in try replace(bytes) }
    }

    /// Makes a file of a secret.
    func create(_ secret: SecretBytes) throws(StorageError) {
        try secret.withBytes { bytes in outcome { () throws(StorageError) in try create(bytes) } }
            .get()
    }

    /// Writes the file anew, from a secret.
    func replace(_ secret: SecretBytes) throws(StorageError) {
        try secret.withBytes { bytes in outcome { () throws(StorageError) in try replace(bytes) } }
            .get()
    }

    private func lend(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        try bytes.withUnsafeBytes { bytes in
            outcome { () throws(StorageError) in try body(bytes) }
        }.get()
    }

    /// Carries a typed error through a function that rethrows any.
    private func outcome(
        _ body: () throws(StorageError) -> Void
    ) -> Result<Void, StorageError> {
        do throws(StorageError) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    /// Makes an empty file, which must not exist.
    func makeEmpty() throws(StorageError) {
        let file = cunix_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(.cannotOpen) }
        Glibc.close(file)
    }

    /// Writes the file anew.
    ///
    /// After a power cut either the old or the new contents are there.
    func replace(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        let fresh = path + ".new"
        // A rest of an attempt that was interrupted.
        unlink(fresh)
        let file = cunix_open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(.cannotOpen) }
        let isWritten =
            write(file, bytes.baseAddress, bytes.count) == bytes.count && fsync(file) == 0
        let cause = errno
        Glibc.close(file)
        guard isWritten, rename(fresh, path) == 0 else {
            let code: StorageError.Code = cause == ENOSPC ? .full : .inputOutput
            unlink(fresh)
            throw StorageError(code, path: path, detail: String(cString: strerror(cause)))
        }
        try syncFolder()
    }

    /// Makes what was renamed or removed in the file's folder last.
    func syncFolder() throws(StorageError) {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let folder = cunix_open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY, 0)
        guard folder >= 0 else { throw failure(.cannotOpen) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw failure(.inputOutput) }
    }

    private func failure(_ code: StorageError.Code) -> StorageError {
        StorageError(code, path: path, detail: String(cString: strerror(errno)))
    }
}
