import CUnix
import Glibc

/// A folder for what is being made, beside the place where it will stand.
///
/// What an attempt that was interrupted left in it is removed by the next one. It is locked, so
/// that two attempts do not mix.
package final class BackupFolder: Sendable {
    /// The folder.
    package let path: String
    private let lock: Int32

    /// The folder for a file: `.NAME.partial` beside it.
    package convenience init(beside file: String) throws(BackupError) {
        let slash = file.lastIndex(of: "/").map { file.index(after: $0) } ?? file.startIndex
        try self.init(at: "\(file[..<slash]).\(file[slash...]).partial")
    }

    /// Makes a folder, or empties one that an interrupted attempt left.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - kept: The one file that stays in it.
    /// - Throws: ``BackupError``: `busy` while another attempt uses it.
    package init(at path: String, keeping kept: String? = nil) throws(BackupError) {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw BackupError(.disk(errno), path: path)
        }
        // A link in its place is not followed.
        lock = cunix_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        guard lock >= 0 else { throw BackupError(.disk(errno), path: path) }
        guard cunix_lock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw BackupError(.busy, path: path)
        }
        for name in Self.names(in: path) where name != kept { unlink("\(path)/\(name)") }
    }

    deinit {
        // A child between fork and exec still has the folder, and would keep the lock.
        _ = cunix_lock(lock, LOCK_UN)
        close(lock)
    }

    /// The path of a file in the folder.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes the folder with everything in it; doing it twice is harmless.
    package func remove() {
        for name in Self.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Puts a whole file of this folder where it belongs, for good.
    ///
    /// - Parameters:
    ///   - name: The file in the folder; it is synced here.
    ///   - target: Where it shall stand.
    ///   - replaces: Whether it may take the place of another file.
    /// - Throws: ``BackupError``; `exists` if there is one that must stay.
    package func publish(
        _ name: String, as target: String, replacing replaces: Bool
    ) throws(BackupError) {
        try BackupFile.sync(file(name))
        var result = replaces ? rename(file(name), target) : cunix_rename_new(file(name), target)
        // Some file systems do not know how to refuse by themselves.
        if !replaces, result != 0, errno == EINVAL || errno == ENOSYS {
            guard access(target, F_OK) != 0 else { throw BackupError(.exists, path: target) }
            result = rename(file(name), target)
        }
        guard result == 0 else {
            throw BackupError(errno == EEXIST ? .exists : .disk(errno), path: target)
        }
        let parent = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? "."
        try BackupFile.sync(parent.isEmpty ? "/" : parent)
    }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
