/// Words that must not appear, and where they may after all.
struct Ban: Sendable {
    /// What is searched for; a word of its own, so `fingerprint(` is not `print(`.
    let word: String

    /// The folders in which the word is banned.
    let folders: [String]

    /// The folders and files in which it is right nevertheless.
    var exceptions: [String] = []

    /// Whether comments count too.
    var includesComments = false

    /// What to do instead.
    let instead: String

    private static let everywhere = ["Sources", "Tests"]
    private static let product = ["Sources"]
    // The rules name what they ban, and plant it to prove themselves.
    private static let rulesThemselves = ["Tests/TidyTests"]
    // Only these touch the system's clocks, chance and settings.
    private static let liveEnvironment = ["Sources/SyncCore/Environment"]

    private static let temporaryDirectory = ["Tests/TestSupport/TemporaryDirectory.swift"]

    /// Every ban.
    static let all: [Ban] = [
        Ban(word: "try!", folders: everywhere, instead: "throw, or state a precondition"),
        Ban(word: "as!", folders: everywhere, instead: "use as? and handle the other case"),
        Ban(
            word: "@unchecked Sendable", folders: everywhere,
            instead: "use an actor, a Mutex or a value"),
        Ban(
            word: "nonisolated(unsafe)", folders: everywhere,
            exceptions: ["Sources/SyncCore/Storage", "Tests/TestSupport"],
            instead: "only the method table of a VFS may need it"),
        Ban(word: "TODO", folders: everywhere, includesComments: true, instead: "do it"),
        Ban(word: "FIXME", folders: everywhere, includesComments: true, instead: "fix it"),
        Ban(
            word: "Date(", folders: product, exceptions: liveEnvironment,
            instead: "take the time from Environment"),
        Ban(
            word: "ContinuousClock(", folders: product, exceptions: liveEnvironment,
            instead: "take the clock from Environment"),
        Ban(
            word: "SystemRandomNumberGenerator", folders: product, exceptions: liveEnvironment,
            instead: "take chance from Environment"),
        Ban(
            word: "getenv", folders: product, exceptions: liveEnvironment + ["Sources/Front"],
            instead: "the front or Environment reads settings"),
        Ban(
            word: "print(", folders: product, exceptions: entries,
            instead: "write through the terminal of the command"),
        Ban(
            word: "Task {", folders: product, exceptions: entries,
            instead: "use a task group; a lifetime is a scope"),
        Ban(
            word: "Task.detached", folders: product, exceptions: entries,
            instead: "use a task group; a lifetime is a scope"),
        Ban(
            word: "Task.sleep(", folders: everywhere, exceptions: liveEnvironment,
            instead: "wait on the clock of Environment"),
        Ban(
            word: "mkdtemp", folders: everywhere, exceptions: temporaryDirectory,
            instead: "use TemporaryDirectory, which cleans up"),
        Ban(
            word: "temporaryDirectory", folders: everywhere,
            instead: "use TemporaryDirectory, which cleans up"),
        Ban(word: "usleep(", folders: everywhere, instead: "wait on the clock of Environment"),
    ]

    // Where a program begins, and may start what lives as long as it does.
    private static let entries = [
        "Sources/Agent/main.swift", "Sources/syncmail-server/main.swift",
        "Sources/syncmail/main.swift",
    ]

    /// The bans as rules.
    static let rules = all.map { ban in
        TidyRule(description: "'\(ban.word)' is banned: \(ban.instead)") { ban.violations(in: $0) }
    }

    /// Finds the word in one file.
    func violations(in file: SourceFile) -> [Violation] {
        guard file.isInside(folders), !file.isInside(exceptions + Self.rulesThemselves) else {
            return []
        }
        let isSwift = file.path.hasSuffix(".swift")
        guard isSwift || includesComments, file.mayHold(word) else { return [] }
        let lines = includesComments ? file.lines : file.code
        return lines.enumerated().compactMap { index, line in
            guard line.holds(word: word) else { return nil }
            return Violation(
                path: file.path, line: index + 1, message: "'\(word)' is banned: \(instead)")
        }
    }
}

extension String {
    /// Tells whether a word occurs that is not the end or the beginning of a longer one.
    func holds(word: String) -> Bool {
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            let before = self[..<range.lowerBound].last
            let after = rest[range.upperBound...].first
            let continues = word.last.map(Self.isPartOfName) == true
            if !Self.isPartOfName(before), !(continues && Self.isPartOfName(after)) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private static func isPartOfName(_ character: Character?) -> Bool {
        guard let character else { return false }
        return character.isLetter || character.isNumber || character == "_"
    }
}
