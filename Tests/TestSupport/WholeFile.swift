import Glibc

/// A file that a test reads, writes or damages as a whole.
package struct WholeFile {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// What the file holds, or nil if it cannot be read.
    package var bytes: [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        return fread(&bytes, 1, bytes.count, file) == bytes.count ? bytes : nil
    }

    /// Replaces what the file holds; a new file is private.
    package func write(_ bytes: [UInt8]) {
        guard let file = fopen(path, "wb") else { return }
        defer { fclose(file) }
        fwrite(bytes, 1, bytes.count, file)
        chmod(path, 0o600)
    }

    /// What every file of a folder holds, by name, and nil for what is no plain file.
    package static func contents(ofFolder path: String) -> [String: [UInt8]?] {
        var contents: [String: [UInt8]?] = [:]
        guard let folder = opendir(path) else { return contents }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let file = "\(path)/\(name)"
            var status = stat()
            guard lstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { continue }
            contents[name] =
                status.st_mode & S_IFMT == S_IFREG ? WholeFile(file).bytes : .some(nil)
        }
        return contents
    }
}
