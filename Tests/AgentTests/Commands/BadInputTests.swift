import Outbox
import SyncCore
import Testing

@testable import Agent

/// Input that no command may take: each ends with a clear error in both languages, and changes
/// nothing.
struct BadInputTests {
    /// What is typed, how it ends, and what the error must name.
    private typealias Row = ([String], Status, String)

    private static let account = [
        "account", "add", "nueva", "--address", "n@inair.example", "--host", "smtp.inair.example",
        "--route", "465/implicit", "--password-stdin",
    ]

    /// The words of `account add` with another value for one option.
    private static func account(_ option: String, _ value: String) -> [String] {
        guard let index = account.firstIndex(of: option) else { return account + [option, value] }
        var words = account
        words[index + 1] = value
        return words
    }

    private static let lineBreaks: [Row] = [
        (["user", "add", "ana", "--name", "Ana\r\nBcc: x@example.com"], .usage, "--name"),
        (["user", "add", "ana", "--name", "Ana", "--email", "a@b.ec\nX: y"], .usage, "--email"),
        (["user", "add", "ana\n", "--name", "Ana"], .usage, "ID"),
        (account("--address", "n@inair.example\r\nX: y"), .usage, "--address"),
        (account("--name", "Ventas\rX: y"), .usage, "--name"),
        (account("--login", "ventas\n"), .usage, "--login"),
        (account("--host", "smtp.inair.example\r\n"), .usage, "--host"),
        (account("--route", "465/implicit\n"), .usage, "--route"),
        (["config", "set", "account/ventas/address", "a@b.ec\r\nX: y"], .badData, "address"),
        (["config", "set", "user/juan/name", "Juan\nX: y"], .badData, "name"),
        (["config", "set", "mail/domain", "inair.ec\r\n"], .badData, "domain"),
        (["config", "set", "user/juan/na\nme", "x"], .usage, "na"),
        (["device", "invite", "--branch", "nor\nte"], .usage, "branch"),
        (["log", "list", "--to", "a@b.ec\r\n"], .usage, "--to"),
        (["outbox", "hold", "MAIL", "--note", "por\r\nesto"], .usage, "--note"),
    ]

    private static let unknown: [Row] = [
        (["account", "show", "nada"], .badData, "nada"),
        (["account", "set", "nada", "--name", "X"], .badData, "nada"),
        (["account", "test", "nada"], .badData, "nada"),
        (["fallback", "set", "nada"], .badData, "nada"),
        (["user", "add", "ana", "--name", "Ana", "--account", "nada"], .badData, "nada"),
        (["user", "add", "juan", "--name", "Juan"], .badData, "juan"),
        (account("--user", "nadie"), .noSuchUser, "nadie"),
        (["device", "approve", "nadie"], .badData, ""),
        (["device", "revoke", "nadie"], .badData, ""),
        (["config", "set", "usuario/juan/name", "x"], .badData, "usuario"),
        (["config", "get", "user/nadie/name"], .badData, "user/nadie/name"),
        (["config", "resolve", "user/juan/name", "--take", "1"], .badData, "user/juan/name"),
        (["config", "set", "mail/size", "0"], .badData, "mail/size"),
        (["config", "set", "mail/size", "1", "--seen", "smseen1zzz"], .badData, ""),
        (["hub", "attach", "hola"], .badData, ""), (["init", "--org", "Otra"], .configuration, ""),
        (["join", "hola"], .badData, ""), (["sync"], .configuration, "hub"),
        (["key", "remove", "9", "--force"], .badData, "9"), (["key", "remove", "1"], .usage, "1"),
        (["key", "remove", "uno", "--force"], .usage, "SLOT"),
        (["key", "add-passphrase"], .usage, "--passphrase-file"),
        (["key", "add-passphrase", "--passphrase-file", "-"], .badData, "12"),
        (["key", "add-passphrase", "--passphrase-file", "/nada"], .badData, "/nada"),
        (["key", "recover"], .usage, "--recovery-file"),
        (["key", "recover", "--recovery-file", "-"], .badData, "mistyped"),
        (["key", "recover", "--passphrase"], .usage, "--passphrase-file"),
        (["key", "recover", "--passphrase-file", "-"], .badData, "passphrase"),
        (["key", "recover", "--passphrase", "--recovery-file", "-"], .usage, ""),
    ]

    private func check(_ rows: [Row]) async throws {
        try await CommandHome.with { home in
            let sent = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Hola", "--body-file", "-"],
                as: CommandHome.juan, files: [.standardInput: Array("Texto.\n".utf8)])
            #expect(sent.status == .done)
            let mail = try #require(try await home.mails().first).mail.message.short
            let before = try await home.digests()
            for (line, status, named) in rows {
                let words = line.map { $0 == "MAIL" ? mail : $0 }
                let inputs: [TerminalInput: [UInt8]] = [.standardInput: Array("secreta\n".utf8)]
                let ending = await home.run(words, files: inputs)
                #expect(ending.status == status, "\(line): \(ending.error)")
                #expect(ending.error.contains(named), "\(line): \(ending.error)")
                #expect(ending.output.isEmpty, "\(line)")
                let spanish = await home.run(words, files: inputs, language: .spanish)
                #expect(!spanish.error.isEmpty && spanish.error != ending.error, "\(line)")
                #expect(try await home.digests() == before, "\(line)")
            }
        }
    }

    @Test func `a line break in a header, an address or a login is refused`() async throws {
        try await check(Self.lineBreaks)
    }

    @Test func `what does not exist is named, and what to do is said`() async throws {
        try await check(Self.unknown)
    }

    /// Tokens that bring nobody in.
    private static func tokens() throws -> [(String, String, Status)] {
        let environment = Environment.live()
        let key = SigningKey(randomFrom: environment)
        let card = DeviceCard(
            name: "hub", verificationKey: key.verificationKey,
            sealingTarget: SealingKey(randomFrom: environment).target)
        let hub = HubCard(url: "https://127.0.0.1:9", card: card)
        let expired = JoinToken(
            hub: hub, organisation: Digest(of: [1]), invite: InviteID(randomFrom: environment),
            seed: [UInt8](repeating: 1, count: SigningKey.seedByteCount),
            expires: Timestamp(milliseconds: 1))
        let text = TokenText.write(expired, prefix: JoinToken.prefix)
        return [
            ("expired", text, .badData), ("mistyped", String(text.dropLast()), .badData),
            ("of a hub", TokenText.write(HubToken(hub: hub), prefix: HubToken.prefix), .badData),
            ("none", "hola", .badData), ("empty", "", .badData),
        ]
    }

    @Test func `a token that is expired, damaged or another's leaves no replica behind`()
        async throws
    {
        for (name, token, status) in try Self.tokens() {
            try await CommandHome.withoutOrganisation { home in
                let ending = await home.run(["join", token])
                #expect(ending.status == status, "\(name): \(ending.error)")
                let spanish = await home.run(["join", token], language: .spanish)
                #expect(spanish.error != ending.error, "\(name)")
                #expect(!HomeFiles(home: home.engine.home).hasReplica, "\(name)")
                let status = await home.run(["status"])
                #expect(status.status == .configuration, "\(name)")
            }
        }
    }

    @Test(arguments: ["A\nB", "", String(repeating: "n", count: 1000), "a\u{0}b"])
    func `an organisation with an impossible name is not founded`(name: String) async throws {
        try await CommandHome.withoutOrganisation { home in
            let ending = await home.run(["init", "--org", name])
            #expect(ending.status == .usage || ending.status == .badData, "\(ending.error)")
            let spanish = await home.run(["init", "--org", name], language: .spanish)
            #expect(spanish.error != ending.error && !spanish.error.isEmpty)
            #expect(!HomeFiles(home: home.engine.home).hasReplica)
        }
    }
}
