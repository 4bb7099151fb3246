import Glibc
import Synchronization
import SyncCore

/// A new folder for one test, removed with everything in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// The folder's path, without a slash at its end.
    package let path: String

    /// Makes the folder where `TMPDIR` says, or else in `/tmp`.
    package init() {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(place)/syncmail-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { preconditionFailure("No folder can be made in \(place).") }
        path = made
    }

    deinit {
        removeTree(path)
    }

    /// A folder for what all tests of a process share; it is removed when the process ends.
    ///
    /// What a `static let` holds is never released.
    package static func untilExit() -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let isFirst = lasting.withLock { paths in
            paths.append(directory)
            return paths.count == 1
        }
        if isFirst { atexit(removeLasting) }
        return directory
    }

    fileprivate static let lasting = Mutex<[TemporaryDirectory]>([])

    /// The path of a file in the folder.
    package func file(_ name: String) -> String {
        "\(path)/\(name)"
    }
}

private func removeLasting() {
    TemporaryDirectory.lasting.withLock { $0 = [] }
}

private func removeTree(_ path: String) {
    if let folder = opendir(path) {
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(folder)
        for name in names { removeTree("\(path)/\(name)") }
        rmdir(path)
    } else {
        unlink(path)
    }
}
