import Front
import SyncCore
import Testing

@testable import Agent

/// A command with one of each kind of argument.
private struct ProbeCommand: Command {
    static let name = "probe run"
    static let summary = LocalizedText(es: "Probar.", en: "Probe.")
    static let operands = "WORD"
    static let options: [OptionHelp] = [
        .option("to", "ADDRESS", isRepeatable: true, es: "Para.", en: "To."),
        .option("count", "N", es: "Cuántos.", en: "How many."),
        .flag("force", es: "Forzar.", en: "Force."),
    ]
    let recipients: [String]
    let count: Int?
    let isForced: Bool
    let word: String

    init(reading arguments: inout Arguments) throws(UsageError) {
        recipients = try arguments.options("to")
        count = try arguments.numberOption("count", in: 1...9)
        isForced = try arguments.flag("force")
        word = try arguments.operand("WORD")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        await context.write(["word": .string(word), "json": .boolean(context.isJSON)])
    }
}

struct CommandLineTests {
    private let table = CommandTable([ProbeCommand.self, VersionCommand.self])

    private func run(
        _ words: [String], language: Language = .english
    ) async throws -> (
        SyncCore.ExitStatus, RecordingTerminal
    ) {
        let recording = RecordingTerminal()
        let engine = Engine(home: "/nowhere", environment: .live())
        let invocation = Invocation(
            arguments: words, language: language, peer: Peer(uid: 1, gid: 1, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            terminal: Terminal(channel: recording))
        return (await CommandRunner(table: table, engine: engine).run(invocation), recording)
    }

    @Test func `options, flags and operands are read in any order`() throws {
        let words = ["probe", "run", "--to=a", "x", "--force", "--to", "b", "--count", "3"]
        guard case .run(let command, let isJSON) = try table.request(for: words, language: .english)
        else { throw TerminalError(.busy) }
        let probe = try #require(command as? ProbeCommand)
        #expect(probe.recipients == ["a", "b"])
        #expect(probe.count == 3)
        #expect(probe.isForced)
        #expect(probe.word == "x")
        #expect(!isJSON)
    }

    @Test func `what follows two dashes is an operand`() async throws {
        let (status, terminal) = try await run(["probe", "run", "--", "--json"])
        #expect(status == .done)
        #expect(terminal.output == #"{"word":"--json","json":false}"# + "\n")
    }

    @Test(arguments: [
        (["probe", "run", "x", "--tto", "a"], "--tto"), (["probe", "run", "--to"], "--to"),
        (["probe", "run", "--to", "--force", "x"], "--to"),
        (["probe", "run", "x", "--force=1"], "--force"),
        (["probe", "run", "x", "--count", "10"], "--count"),
        (["probe", "run", "x", "--count", "1", "--count", "2"], "--count"),
        (["probe", "run"], "WORD"), (["probe", "run", "x", "y"], "“y”"),
        (["probe"], "run"), (["probe", "walk"], "run"), (["nothing"], "“nothing”"),
        (["version", "--lang"], "--lang"), (["version", "-x"], "-x"),
    ])
    func `a wrong command line ends with 64, names the word and shows the usage`(
        words: [String], named: String
    ) async throws {
        let (status, terminal) = try await run(words)
        #expect(status == .usage)
        #expect(terminal.error.contains(named))
        #expect(terminal.error.contains("Usage: syncmail"))
        #expect(terminal.output.isEmpty)
    }

    @Test func `an unknown option's value is not repeated`() async throws {
        let (_, terminal) = try await run(["probe", "run", "x", "--password=hunter2"])
        #expect(terminal.error.contains("--password"))
        #expect(!terminal.error.contains("hunter2"))
    }

    @Test func `an error in JSON is one object with text and status`() async throws {
        let (status, terminal) = try await run(["probe", "run", "--json"], language: .spanish)
        #expect(status == .usage)
        #expect(terminal.error.hasPrefix(#"{"error":{"message":"Falta WORD."#))
        #expect(terminal.error.hasSuffix(#""status":64}}"# + "\n"))
    }

    @Test func `the help lists commands, verbs and options in both languages`() async throws {
        #expect(try await run(["--help"]).1.output.contains("probe run  Probe."))
        #expect(try await run(["probe", "--help"]).1.output.contains("probe run"))
        let (status, terminal) = try await run(["probe", "run", "--help"], language: .spanish)
        #expect(status == .done)
        #expect(terminal.output.contains("--to ADDRESS  Para."))
    }

    @Test func `a table fits the terminal and lets nothing steer it`() {
        var table = Table(
            [.words(es: "Asunto", en: "Subject"), .numbers(es: "Bytes", en: "Bytes")],
            empty: LocalizedText(es: "Nada.", en: "Nothing."))
        #expect(table.text(in: .spanish, width: 20) == "Nada.")
        table.add(["uno\u{1B}[31m y dos y tres y cuatro", "12"])
        let cut = table.text(in: .spanish, width: 20).split(separator: "\n")
        #expect(cut == ["Asunto         Bytes", "uno [31m y d…     12"])
        let whole = table.text(in: .english, width: nil)
        #expect(whole.contains("y cuatro     12"))
    }

    @Test func `wide characters count twice, and a name is cut only after all words`() {
        var table = Table(
            [
                .whole(es: "Correo", en: "Mail"), .words(es: "Asunto", en: "Subject"),
                .words(es: "Estado", en: "State"),
            ], empty: LocalizedText(es: "", en: ""))
        table.add(["ABCDEFGHIJ", "報告書について、ご確認ください", "queued"])
        table.add(["KLMNOPQRST", String(repeating: "x", count: 300), "parcial 👍🏽 e\u{301}"])
        for width in [80, 40, 30] {
            let lines = table.text(in: .english, width: width).split(separator: "\n")
            #expect(lines.allSatisfy { String($0).columnCount <= width }, "\(width)")
            #expect(lines[1].hasPrefix("ABCDEFGHIJ") && lines[2].hasPrefix("KLMNOPQRST"))
            #expect(lines[2].contains("…"))
        }
        #expect("報告書".cut(toColumns: 4) == "報…" && "👍🏽".columnCount == 2)
        #expect("e\u{301}n".columnCount == 2 && "…—«ñ".columnCount == 4)
        #expect(table.text(in: .english, width: nil).contains(String(repeating: "x", count: 300)))
    }

    @Test func `JSON escapes what could end a string or steer a terminal`() {
        let value: JSONValue = ["a\"\\": ["\n\u{7F}\u{2028}ñ", 1, true, nil], "b": [:]]
        #expect(value.text == #"{"a\"\\":["\n\u007f\u2028ñ",1,true,null],"b":{}}"#)
    }
}
