import Glibc
import SyncCore
import Testing

/// A file of hexadecimal digits below `fixtures/`, with lines of comment that begin with `#`.
///
/// The bytes are a promise to other versions: a test that fails against them prints the new
/// ones, and a person decides.
struct EnvelopeFixture {
    let path: String

    init(_ name: String, sourceFile: String = #filePath) {
        let root = sourceFile.split(separator: "/").prefix { $0 != "Tests" }
            .joined(separator: "/")
        path = "/\(root)/fixtures/\(name).hex"
    }

    /// The bytes in the file, or nothing if it cannot be read.
    func bytes() -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            content += buffer.prefix(count)
        }
        let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
        let digits = lines.filter { !$0.hasPrefix("#") }.joined()
        return [UInt8](hexadecimal: digits)
    }

    /// Writes the file if there is none and `scripts/fixtures` asks for it.
    func write(ifMissing made: [UInt8]) {
        guard getenv("SYNCMAIL_FIXTURES") != nil, access(path, F_OK) != 0,
            let file = fopen(path, "wx")
        else { return }
        defer { fclose(file) }
        let name = path.split(separator: "/").suffix(2).joined(separator: "/").dropLast(4)
        fputs(
            "# \(name): made from the seed in EnvelopeWorld; see docs/PROTOCOL.md and "
                + "docs/FILE_FORMAT.md.\n", file)
        let digits = made.hexadecimal
        var start = digits.startIndex
        while start < digits.endIndex {
            let end = digits.index(start, offsetBy: 100, limitedBy: digits.endIndex)
            let line = digits[start..<(end ?? digits.endIndex)] + "\n"
            fputs(String(line), file)
            start = end ?? digits.endIndex
        }
    }

    /// Compares with the bytes that are made now.
    func check(_ made: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
        write(ifMissing: made)
        guard bytes() != made else { return }
        Issue.record(
            "\(path) differs; the new bytes are \(made.hexadecimal)",
            sourceLocation: sourceLocation)
    }
}
