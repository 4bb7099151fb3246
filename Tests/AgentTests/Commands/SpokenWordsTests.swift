import Front
import Outbox
import SyncCore
import Testing

@testable import Agent

/// People read words; identifiers such as `allowed_again` or `TCP_DROP` are for programs.
struct SpokenWordsTests {
    /// States that are written with an underscore because people know them so.
    private static let known: Set<String> = ["en_cola"]

    /// The identifiers that stand in a text.
    private static func identifiers(in text: String) -> [String] {
        text.split { !($0.isLetter || $0 == "_") }.map(String.init)
            .filter { $0.dropFirst().dropLast().contains("_") && !known.contains($0) }
    }

    private static func view(
        _ home: CommandHome, _ word: LogWord, isRequest: Bool = false,
        _ change: (inout AttemptDetail) -> Void = { _ in }
    ) async throws -> LogView {
        let replica = try home.engine.workspace().replica
        var detail = AttemptDetail()
        change(&detail)
        let line = LogLine(
            feed: replica.identity.feed(.audit, .branch(BranchID(validated: "matriz"))),
            sequence: 1, membershipHeight: 1, time: .zero, actor: "juan", word: word,
            message: nil, delivery: nil, fact: nil, isRequest: isRequest, detail: detail)
        let membership = try await replica.read { $0.membership }
        return LogView(line, address: nil, user: nil, in: membership)
    }

    private static func table(_ views: [LogView], in language: Language) -> String {
        LogView.table(views, in: language).text(in: language, width: nil)
    }

    @Test func `no line of the log shows an identifier to people, and programs read only those`()
        async throws
    {
        try await CommandHome.with { home in
            let causes =
                TransportFailure.Cause.allCases.map(\.rawValue)
                + AttemptCause.allCases.map(\.rawValue)
            for word in LogWord.allCases {
                var views = [try await Self.view(home, word)]
                for cause in causes {
                    views.append(try await Self.view(home, word) { $0.cause = cause })
                }
                for language in Language.allCases {
                    #expect(Self.identifiers(in: Self.table(views, in: language)) == [])
                }
                #expect(views[0].json.text.contains(#""event":"\#(word.rawValue)""#))
                #expect(views[1].json.text.contains(#""cause":"\#(causes[0])""#))
            }
        }
    }

    @Test func `a decision reads as words, asked for or carried out`() async throws {
        try await CommandHome.with { home in
            let done = try await Self.view(home, .allowedAgain)
            let asked = try await Self.view(home, .allowedAgain, isRequest: true)
            let refused = try await Self.view(home, .note) {
                $0.reason = DeliveryReport.refusedReason
                $0.cause = LedgerRefusal.Code.sent.rawValue
            }
            #expect(Self.table([done], in: .spanish).contains("otro envío permitido"))
            #expect(Self.table([asked], in: .spanish).contains("permitido (solicitada)"))
            #expect(Self.table([asked], in: .english).contains("resend allowed (requested)"))
            #expect(
                Self.table([refused], in: .spanish).contains(
                    "solicitud rechazada: ya fue enviada"))
        }
    }

    @Test func `the sentence about a sent mail follows the reader's language`() async throws {
        try await CommandHome.with { home in
            let sentence = SenderCredential.own.logText(from: "juan@inair.ec")
            let view = try await Self.view(home, .sent) {
                ($0.text, $0.from, $0.credential) = (sentence.es, "juan@inair.ec", "own")
            }
            #expect(Self.table([view], in: .spanish).contains(sentence.es))
            #expect(Self.table([view], in: .english).contains(sentence.en))
            #expect(view.json.text.contains(#""mensaje":"\#(sentence.es)""#))
            // Another sentence, from a version to come, is shown as it was written.
            let other = try await Self.view(home, .sent) { $0.text = "Enviado." }
            #expect(Self.table([other], in: .english).contains("Enviado."))
        }
    }

    @Test func `no list shows an identifier to people`() async throws {
        try await CommandHome.with { home in
            try await home.addFallback()
            let sent = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Hola", "--body-file", "-"],
                as: CommandHome.juan, files: [.standardInput: Array("Texto.\n".utf8)])
            #expect(sent.status == .done)
            let mail = try #require(try await home.mails().first).mail.message.short
            for line in [
                "outbox hold \(mail)", "outbox release \(mail)", "outbox cancel \(mail)",
                "outbox list", "outbox show \(mail)", "log list", "log show \(mail)",
                "log verify", "status", "device list", "account list", "account show ventas",
                "fallback list", "user list",
            ] {
                for language in Language.allCases {
                    let ending = await home.run(
                        line.split(separator: " ").map(String.init), language: language)
                    #expect(!ending.output.isEmpty || ending.status != .done, "\(line)")
                    #expect(
                        Self.identifiers(in: ending.output + ending.error) == [],
                        "\(line): \(ending.output)")
                }
            }
        }
    }

    @Test func `every alarm, capability and topic has words in both languages`() {
        let texts =
            Alarm.Kind.allCases.map(\.text) + Capability.allCases.map(\.text)
            + Topic.allCases.map(\.title)
        for text in texts {
            #expect(!text.es.isEmpty && text.es != text.en)
            #expect(Self.identifiers(in: text.es + " " + text.en) == [])
        }
    }
}
