import CUnix
import Glibc
import SyncCore

/// The door through which a command of this machine reaches a hub that runs: a socket in its home,
/// which only its owner may use.
///
/// A caller writes one line, `backup`, whether a file may be replaced, and its path, between tabs.
/// The hub answers with lines `P PERCENT`, and at last `D PATH`, or `E STATUS ES EN` between tabs.
/// `import`, a path and what errors call it, is answered with `D`, 1 if a device has two histories
/// or else 0, and the outcome in Spanish, English and JSON, or with `E`.
actor ControlSocket {
    private static let lookInterval = Duration.milliseconds(100)
    private static let requestByteCountMaximum = 8192
    private static let pathByteCountMaximum = 107

    /// Carries out a request.
    typealias Handler =
        @Sendable (
            _ path: String, _ replaces: Bool, _ progress: (Int) async -> Void
        ) async throws -> JSONValue

    /// Takes a file of records in.
    typealias Importer =
        @Sendable (_ path: String, _ name: String) async throws -> HubImport.Outcome

    private let executor = SerialQueue(label: "syncmail.control")
    private let path: String
    private let descriptor: Int32

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Where the socket of a home is.
    static func path(of home: String) -> String { home + "/control" }

    /// Opens the door; nothing if the home's path is too long for a socket.
    init?(in home: String) throws(BackupError) {
        path = Self.path(of: home)
        guard path.utf8.count <= Self.pathByteCountMaximum else { return nil }
        // What a hub that was killed left; the store's lock says that none runs.
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0, cunix_name_socket(descriptor, path, 1) == 0,
            chmod(path, 0o600) == 0, listen(descriptor, 4) == 0
        else { throw BackupError(.disk(errno), path: path) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Serves, one caller after the other, until cancelled.
    func run(
        _ environment: Environment, refusals: RefusalCounts = RefusalCounts(),
        importer: Importer? = nil, _ handler: @escaping Handler
    ) async throws {
        defer {
            unlink(path)
            close(descriptor)
        }
        while true {
            try Task.checkCancellation()
            let caller = accept(descriptor, nil, nil)
            if caller >= 0 {
                await serve(caller, refusals, importer, handler)
                close(caller)
            } else {
                try await environment.sleep(Self.lookInterval)
            }
        }
    }

    private func serve(
        _ caller: Int32, _ refusals: RefusalCounts, _ importer: Importer?, _ handler: Handler
    ) async {
        guard let line = Self.readLine(from: caller) else { return }
        let words = line.split(separator: "\t", omittingEmptySubsequences: false)
        if words == ["refusals"] { return Self.write("D \(refusals.json.text)", to: caller) }
        guard words.count == 3 else { return }
        do {
            if words[0] == "import", words[1].hasPrefix("/"), let importer {
                let outcome = try await importer(String(words[1]), String(words[2]))
                return Self.write(Self.line(outcome), to: caller)
            }
            guard words[0] == "backup", words[2].hasPrefix("/") else { return }
            _ = try await handler(String(words[2]), words[1] == "1") { percent in
                Self.write("P \(percent)", to: caller)
            }
            Self.write("D \(words[2])", to: caller)
        } catch let error as any ExplainedError {
            let (es, en) = (error.explanation.es, error.explanation.en)
            Self.write("E \(error.exitStatus.rawValue)\t\(es)\t\(en)", to: caller)
        } catch {
            // The type's name only: an error that explains nothing may hold anything.
            let name = "\(type(of: error))"
            Self.write("E \(ExitStatus.software.rawValue)\t\(name)\t\(name)", to: caller)
        }
    }

    /// Asks the hub of a home for a backup.
    ///
    /// - Parameters:
    ///   - home: The hub's home.
    ///   - file: The absolute path of the file.
    ///   - replaces: Whether it may replace another.
    ///   - progress: Told the percents that are done.
    /// - Returns: The path of the backup; nothing if no hub runs there.
    /// - Throws: What the hub answered.
    static func ask(
        _ home: String, toSaveIn file: String, replacing replaces: Bool,
        progress: (Int) -> Void
    ) throws -> String? {
        guard let descriptor = connect(to: home) else { return nil }
        defer { close(descriptor) }
        write("backup\t\(replaces ? 1 : 0)\t\(file)", to: descriptor)
        while let line = readLine(from: descriptor) {
            let rest = String(line.dropFirst(2))
            switch line.first {
            case "P": progress(Int(rest) ?? 0)
            case "D": return rest
            default: throw try answer(line)
            }
        }
        throw HubGone()
    }

    private static func line(_ outcome: HubImport.Outcome) -> String {
        let mark = outcome.fork == nil ? "0" : "1"
        return "D \(mark)\t\(outcome.text.es)\t\(outcome.text.en)\t\(outcome.json.text)"
    }

    /// What a hub says of a file that it took in.
    struct Imported: Sendable {
        let hasForks: Bool
        let text: LocalizedText
        let json: String
    }

    /// Asks the hub of a home to take a file in.
    ///
    /// - Parameters:
    ///   - home: The hub's home.
    ///   - file: The absolute path of a file that the hub may read.
    ///   - name: What errors call it.
    /// - Returns: What it brought; nothing if no hub runs there.
    /// - Throws: What the hub answered.
    static func ask(
        _ home: String, toImport file: String, named name: String
    ) throws -> Imported? {
        guard let descriptor = connect(to: home) else { return nil }
        defer { close(descriptor) }
        let clean = name.map { $0 == "\t" ? " " : $0 }
        write("import\t\(file)\t\(String(clean))", to: descriptor)
        guard let line = readLine(from: descriptor) else { throw HubGone() }
        let words = line.dropFirst(2).split(
            separator: "\t", maxSplits: 3, omittingEmptySubsequences: false
        ).map(String.init)
        guard line.hasPrefix("D "), words.count == 4 else { throw try answer(line) }
        return Imported(
            hasForks: words[0] == "1", text: LocalizedText(es: words[1], en: words[2]),
            json: words[3])
    }

    /// The failure that a line of the hub tells.
    private static func answer(_ line: String) throws -> any ExplainedError {
        let words = line.dropFirst(2).split(separator: "\t", maxSplits: 2).map(String.init)
        guard line.hasPrefix("E "), words.count == 3 else { throw HubGone() }
        return HubAnswer(
            explanation: LocalizedText(es: words[1], en: words[2]),
            exitStatus: Int32(words[0]).flatMap { ExitStatus(rawValue: $0) } ?? .software)
    }

    /// Asks the hub of a home how often it refused what.
    ///
    /// - Parameter home: The hub's home.
    /// - Returns: The counts as JSON; nothing if no hub runs there.
    /// - Throws: ``ExplainedError`` if it ended meanwhile.
    static func refusals(of home: String) throws -> String? {
        guard let descriptor = connect(to: home) else { return nil }
        defer { close(descriptor) }
        write("refusals", to: descriptor)
        guard let line = readLine(from: descriptor), line.hasPrefix("D ") else { throw HubGone() }
        return String(line.dropFirst(2))
    }

    private static func connect(to home: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let path = path(of: home)
        guard descriptor >= 0, path.utf8.count <= pathByteCountMaximum,
            cunix_name_socket(descriptor, path, 0) == 0
        else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        return descriptor
    }

    private static func write(_ line: String, to descriptor: Int32) {
        let clean = line.map { $0.isNewline ? " " : $0 }
        var rest = Array((String(clean) + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func readLine(from descriptor: Int32) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < requestByteCountMaximum {
            guard read(descriptor, &byte, 1) == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }
}

/// What a hub that runs answered.
private struct HubAnswer: ExplainedError {
    let explanation: LocalizedText
    let exitStatus: ExitStatus
}

/// A hub that ended while it was asked.
private struct HubGone: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "El servidor se detuvo antes de terminar. Repita la orden.",
            en: "The hub stopped before it was done. Repeat the command.")
    }
    var exitStatus: ExitStatus { .tryLater }
}
