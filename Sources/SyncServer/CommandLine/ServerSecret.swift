import Glibc
import SyncCore

/// A secret that is read from a file or standard input; never from an argument.
struct ServerSecret {
    private static let byteCountMaximum = 4096

    /// The file as it was typed; `-` is standard input.
    let file: String

    /// Reads all of it.
    ///
    /// On a terminal one line is read, and what is typed is not shown.
    ///
    /// - Throws: ``StorageError`` if it cannot be read or is too long.
    func read() throws -> SecretBytes {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var original = termios()
        let isTerminal = isatty(descriptor) == 1 && tcgetattr(descriptor, &original) == 0
        if isTerminal {
            var silent = original
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(descriptor, TCSAFLUSH, &silent)
        }
        defer {
            if isTerminal {
                tcsetattr(descriptor, TCSAFLUSH, &original)
                StandardStream.error.write("")
            }
        }
        return try read(from: descriptor, isLine: isTerminal)
    }

    /// Reads its first line.
    func readLine() throws -> SecretBytes {
        let all = try read()
        return all.withBytes { bytes in
            var line = Array(bytes.prefix { $0 != 0x0a && $0 != 0x0d })
            return SecretBytes(consuming: &line)
        }
    }

    private func read(from descriptor: Int32, isLine: Bool) throws -> SecretBytes {
        var bytes = [UInt8](repeating: 0, count: Self.byteCountMaximum + 1)
        defer { Sodium.wipe(&bytes) }
        var total = 0
        while total < bytes.count {
            let count = bytes[total...].withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 || errno == EINTR else { throw failure() }
            if count == 0 { break }
            total += max(count, 0)
            if isLine, bytes[..<total].contains(0x0a) { break }
        }
        guard total <= Self.byteCountMaximum else {
            throw StorageError(.cannotOpen, path: file, detail: "> \(Self.byteCountMaximum) B")
        }
        var content = Array(bytes.prefix(total))
        return SecretBytes(consuming: &content)
    }

    private func failure() -> StorageError {
        StorageError(.cannotOpen, path: file, detail: String(cString: strerror(errno)))
    }
}
