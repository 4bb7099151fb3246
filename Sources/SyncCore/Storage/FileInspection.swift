// Both headers define what is used here, and the compiler asks for whichever it read first.
import CUnix
import Glibc

/// Looks at a database file from outside: before SQLite opens it, and to explain why it could not.
///
/// It never writes.
struct FileInspection {
    let path: String
    let mayCreate: Bool

    /// How many pages are tried to tell a wrong key from a damaged first page.
    private static let triedPagesMaximum = 64

    /// Refuses a file that must not be opened.
    ///
    /// A file that is missing is left for SQLite to make or to report.
    ///
    /// - Throws: ``StorageError``: `linked`, `exposed`, `readOnly` or `truncated`.
    func admit() throws(StorageError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(.linked, path: path)
        }
        // A log or journal can complete a page that a power cut tore. Nothing else can.
        let isWhole = status.st_size % PageLayout.pageBytes == 0
        guard status.st_size > 0 || mayCreate, isWhole || !isOurs || hasLog else {
            throw StorageError(.truncated, path: path)
        }
        // An empty file is not a database yet, and other programs prepare such files.
        guard status.st_mode & 0o077 == 0 || status.st_size == 0 else {
            throw StorageError(.exposed, path: path)
        }
        // Root may write everything, and still should not where its owner may not.
        guard status.st_mode & S_IWUSR != 0 else {
            throw StorageError(.readOnly, path: path)
        }
    }

    /// Tells a wrong key, a foreign file and a cut file from a damaged one.
    func diagnosed(_ error: StorageError, key: SecretBytes) -> StorageError {
        guard error.code == .corrupt || error.code == .notADatabase, let start = page(0),
            !start.isEmpty
        else { return error }
        let code: StorageError.Code
        if !isOurs {
            code = .notADatabase
        } else if start.count < PageLayout.pageBytes {
            code = .truncated
        } else if error.resultCode == FileResult.notAuthentic && !fits(key, start) {
            code = .wrongKey
        } else {
            code = .corrupt
        }
        return StorageError(code, path: path, detail: "", resultCode: error.resultCode)
    }

    /// Whether the file begins like a database of this program.
    private var isOurs: Bool {
        page(0)?.withUnsafeBytes { PageLayout.isFirstPage($0) } ?? false
    }

    /// Whether a log or journal with content lies beside the file.
    private var hasLog: Bool {
        ["-wal", "-journal"].contains { suffix in
            var status = stat()
            return lstat(path + suffix, &status) == 0 && status.st_size > 0
        }
    }

    /// Whether the file is a database of this key.
    func fits(_ key: SecretBytes) -> Bool {
        guard let start = page(0), start.count == PageLayout.pageBytes else { return false }
        return fits(key, start)
    }

    /// Whether any page opens with the key.
    private func fits(_ key: SecretBytes, _ start: [UInt8]) -> Bool {
        let cipher = PageCipher(
            dataKey: key, fileID: Array(start.prefix(PageLayout.fileIDBytes)))
        var target = [UInt8](repeating: 0, count: PageLayout.pageBytes)
        for index in 0..<Self.triedPagesMaximum {
            guard let page = page(index), page.count == PageLayout.pageBytes else { break }
            let isAuthentic = page.withUnsafeBytes { page in
                target.withUnsafeMutableBytes { target in
                    cipher.open(page, into: target, kind: .database, number: UInt32(index + 1))
                }
            }
            if isAuthentic { return true }
        }
        return false
    }

    /// The bytes of a page, fewer where the file ends, or nil if it cannot be read.
    private func page(_ index: Int) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        guard fseek(file, index * PageLayout.pageBytes, SEEK_SET) == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: PageLayout.pageBytes)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
