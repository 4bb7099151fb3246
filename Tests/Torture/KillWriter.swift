import Glibc
import SyncCore
import TestSupport

/// The process that is killed: it stores messages and answers each with one byte.
struct KillWriter {
    /// The key of its file.
    static let key = SecretBytes(count: 32) { $0.storeBytes(of: 3, as: UInt8.self) }

    private let path: String
    private let first: Int
    private let missing: Safety?

    /// Reads its command line: the file, the first number, and the protection that is missing.
    init(_ words: [String]) throws(TortureRequest.UsageError) {
        guard words.count == 3, let first = Int(words[1]) else {
            throw TortureRequest.UsageError(reason: "kill-writer belongs to kill.")
        }
        path = words[0]
        self.first = first
        missing = Safety(rawValue: words[2])
    }

    /// Stores messages until it is killed.
    func run() throws {
        let connection = try Connection(
            path: path, key: Self.key,
            options: MessageWorkload.options(spillsCache: missing == .keptCache))
        try connection.update(to: [MessageWorkload.tables])
        for number in first... {
            if missing == .lateAnswer { answer() }
            try MessageWorkload.store(number, on: connection)
            if missing != .lateAnswer { answer() }
        }
    }

    private func answer() {
        var byte: UInt8 = 1
        write(STDOUT_FILENO, &byte, 1)
    }
}
