/// What this program was asked to do.
struct StepRequest {
    /// A command line that cannot be understood: the word that is wrong or missing.
    struct UsageError: Error {
        let word: String
    }

    private let verb: String
    private var options: [String: String] = [:]
    /// What stands behind `--`: a command that is measured.
    private var command: [String] = []

    /// Reads the command line.
    init(_ words: [String]) throws {
        guard let verb = words.first else { throw UsageError(word: "VERB") }
        self.verb = verb
        var rest = words.dropFirst()
        while let name = rest.popFirst() {
            if name == "--" {
                command = Array(rest)
                break
            }
            guard name.hasPrefix("--"), let value = rest.popFirst() else {
                throw UsageError(word: name)
            }
            options[String(name.dropFirst(2))] = value
        }
    }

    /// Carries the step out.
    func run() async throws -> Measurement {
        switch verb {
        case "codec":
            return try CodecBenchmark(records: try number("records")).run()
        case "found":
            return try await SyncBenchmark(home: try text("home")).found(
                hubToken: try text("token"))
        case "join":
            return try await SyncBenchmark(home: try text("home")).join(
                token: try text("token"))
        case "write":
            return try await SyncBenchmark(home: try text("home")).write(
                records: try number("records"), perCommit: try number("commit"))
        case "sync":
            return try await SyncBenchmark(home: try text("home")).synchronise()
        case "spawn":
            guard !command.isEmpty else { throw UsageError(word: "-- COMMAND") }
            return try SpawnBenchmark(
                count: try number("count"), writers: try number("writers"),
                input: try text("input"), root: options["root"], command: command
            ).run()
        case "replica":
            return try ReplicaBenchmark(path: try text("path")).measure(
                rows: try number("rows"))
        case "replica-commits":
            return try ReplicaBenchmark(path: try text("path")).commit(
                from: try number("from"), count: try number("count"))
        case "replica-pair":
            return try ReplicaBenchmark(path: try text("path")).commitInTurn(
                count: try number("count"))
        case "replica-holds":
            return try await HoldBenchmark(home: try text("home")).run(
                mails: try number("mails"))
        case "replica-open": return try ReplicaBenchmark(path: try text("path")).reopen()
        case "replica-fill":
            return try await ReplicaBenchmark(path: try text("path")).fill(
                bytes: try number("bytes"))
        case "replica-whole":
            return try await ReplicaBenchmark(path: try text("path")).openWhole()
        case "front":
            try SinkFront(port: try number("port"), sink: try number("sink")).run()
        default:
            throw UsageError(word: verb)
        }
    }

    private func text(_ name: String) throws -> String {
        guard let value = options[name] else { throw UsageError(word: "--" + name) }
        return value
    }

    private func number(_ name: String) throws -> Int {
        guard let value = Int(try text(name)), value > 0 else {
            throw UsageError(word: "--" + name)
        }
        return value
    }
}
