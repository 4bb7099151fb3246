import Foundation
import Front
import Outbox
import SyncCore
import Testing

@testable import Agent

/// What holds for each command of the product, whichever it is.
struct EveryCommandTests {
    /// A line for each command that touches the replica, in an order in which each finds what it
    /// needs; `ID` stands for a mail.
    static let lines = [
        "init --org INAIR", "join TOKEN", "hub attach TOKEN", "hub replace TOKEN", "proxy set none",
        "proxy show",
        "status", "doctor",
        "doctor ports 127.0.0.1 --route 9/implicit --page no", "doctor explain greylist", "sync",
        "outbox list --all", "outbox show ID", "outbox hold ID", "outbox release ID",
        "outbox retry ID", "outbox resolve ID --sent", "outbox recall ID --force",
        "outbox cancel ID", "alert list", "alert acknowledge --all", "device list",
        "device invite --branch norte", "device approve matriz", "device revoke matriz",
        "device choose-life matriz",
        "device grant matriz sender", "device withdraw matriz auditor", "quarantine list",
        "quarantine release ID", "quarantine discard ID",
        "retention set --audit 365", "retention list",
        "recovery appoint matriz --recovery-file -", "recovery revoke matriz --recovery-file -",
        "recovery settle",
        "user add pedro --name Pedro", "user list",
        "account add ventas --address ventas@inair.example --host smtp.inair.example "
            + "--route 465/implicit --password-stdin",
        "account set ventas --name Ventas", "account list",
        "account discover ana@gmail.com --offline", "account show ventas",
        "account test nada", "fallback set ventas", "fallback list", "config list",
        "config set mail/size 1000000", "config get mail/size", "config history mail/size",
        "config conflicts", "config resolve mail/size --take 1",
        "config undo mail/size", "key list",
        "key add-passphrase --passphrase-file -", "key add-recovery", "key remove 9 --force",
        "key rotate", "key recover --recovery-file -", "log list", "log show ID",
        "log export", "log verify", "log snapshot", "backup create /nowhere/b.bak",
        "backup verify b.bak", "backup restore b.bak",
        "sync export /nowhere/s.sync", "sync import s.sync",
        "send --to ana@example.com --subject Hola --body-file -", "sendmail ana@example.com",
        "event deal.moved --actor juan --to ana@example.com",
        "app add crm --user juan", "app list", "app remove crm",
    ]
    private static let inputs: [TerminalInput: [UInt8]] = [
        .standardInput: Array("secreta\n".utf8)
    ]

    /// A home with a mail of juan's in it.
    private static func withMail(
        _ body: (CommandHome, _ words: (String) -> [String]) async throws -> Void
    ) async throws {
        try await CommandHome.with { home in
            _ = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Hola", "--body-file", "-"],
                as: CommandHome.juan, files: inputs)
            let mail = try #require(try await home.mails().first).mail.message.short
            try await body(home) { line in
                line.split(separator: " ").map { $0 == "ID" ? mail : String($0) }
            }
        }
    }

    @Test func `the table of this test has a line for each command`() {
        let names = CommandTable.all.commands.map { $0.name }.filter { $0 != "version" }
        for name in names {
            #expect(Self.lines.contains { $0 == name || $0.hasPrefix(name + " ") }, "\(name)")
        }
        #expect(names.count == Self.lines.count)
    }

    @Test func `a login that is nobody's gets 77 from every command and changes nothing`()
        async throws
    {
        try await Self.withMail { home, words in
            let before = try await home.digests()
            for uid in [SendAuthority.nobody, CommandHome.stranger] {
                // What a code means is nobody's secret.
                for line in Self.lines where !line.hasPrefix("doctor explain") {
                    let ending = await home.run(words(line), as: uid, files: Self.inputs)
                    #expect(ending.status == .notPermitted, "\(line): \(ending.error)")
                    #expect(ending.output.isEmpty, "\(line)")
                }
            }
            #expect(try await home.digests() == before)
        }
    }

    @Test func `an option that a command does not have is 64, and its value is not repeated`()
        async throws
    {
        try await Self.withMail { home, words in
            let before = try await home.digests()
            for line in Self.lines {
                for extra in ["--no-such-option=hunter2", "--json=hunter2", "-x"] {
                    let ending = await home.run(words(line) + [extra], files: Self.inputs)
                    #expect(ending.status == .usage, "\(line) \(extra): \(ending.error)")
                    #expect(!ending.error.contains("hunter2"), "\(line)")
                    #expect(ending.error.contains("Usage: syncmail"), "\(line)")
                    #expect(ending.output.isEmpty, "\(line)")
                }
            }
            #expect(try await home.digests() == before)
        }
    }

    @Test(arguments: [Language.spanish, .english])
    func `every command answers a program with JSON, also when it fails`(
        language: Language
    ) async throws {
        try await Self.withMail { home, words in
            for line in Self.lines {
                let uid = line.hasPrefix("send") ? CommandHome.juan : CommandHome.root
                let ending = await home.run(
                    words(line) + ["--json"], as: uid, files: Self.inputs, language: language)
                for text in [ending.output, ending.error] {
                    for answer in text.split(separator: "\n") {
                        let value = try? JSONSerialization.jsonObject(
                            with: Data(answer.utf8), options: .fragmentsAllowed)
                        #expect(value != nil, "\(line): \(answer)")
                    }
                }
                #expect(ending.status != .software, "\(line)")
                // What an examination found is its output, also when mail cannot leave.
                let isExamination = line.hasPrefix("doctor ports")
                #expect(
                    ending.status == .done || isExamination || ending.output.isEmpty, "\(line)")
                #expect(ending.status == .done || !ending.error.isEmpty, "\(line)")
            }
        }
    }

    @Test func `every command and every noun has a help in both languages`() async throws {
        try await CommandHome.withoutOrganisation { home in
            let names = CommandTable.all.commands.map { $0.name }
            let nouns = names.filter { $0.contains(" ") }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
            for name in names + Set(nouns).sorted() {
                let words = name.split(separator: " ").map(String.init) + ["--help"]
                let texts = await [
                    home.run(words, language: .spanish), home.run(words, language: .english),
                    home.run(["help"] + words.dropLast(), language: .english),
                ]
                #expect(texts.allSatisfy { $0.status == .done && $0.error.isEmpty }, "\(name)")
                #expect(texts[0].output != texts[1].output, "\(name)")
                #expect(texts[1].output == texts[2].output, "\(name)")
                #expect(texts[1].output.contains("syncmail"), "\(name)")
            }
        }
    }
}
