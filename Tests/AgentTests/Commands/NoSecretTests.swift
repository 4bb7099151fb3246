import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// The password of an account comes out of no command and stands in no file.
struct NoSecretTests {
    /// What is typed as the password, and what would betray it however it is written.
    private static let secret = "cl4ve-SMTP-inconfundible"
    private static var traces: [[UInt8]] {
        let bytes = Array(secret.utf8)
        return [
            bytes, Array(bytes.hexadecimal.utf8), Array(Base32.encode(bytes).utf8),
            Array(Data(bytes).base64EncodedString().dropLast(2).utf8),
        ]
    }

    @Test func `no command returns the password of an account, whoever asks and in any form`()
        async throws
    {
        try await CommandHome.with { home in
            let added = await home.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "smtp.inair.example", "--route", "465/implicit", "--password-stdin",
                ], files: [.standardInput: Array((Self.secret + "\n").utf8)])
            try #require(added.status == .done)
            _ = await home.run(["fallback", "set", "ventas"])
            // It can be opened where mail is signed in, so the test would find it.
            let opened = try await home.engine.workspace().replica.read { transaction in
                let account = try #require(
                    try transaction.directory.account(AccountID(validated: "ventas")))
                return try SecretVault.open(account, by: transaction.identity).password
                    .withBytes { Array($0) }
            }
            try #require(opened == Array(Self.secret.utf8))
            for line in Self.others + EveryCommandTests.lines + Self.others {
                let words = line.split(separator: " ").map(String.init)
                for uid in [CommandHome.root, CommandHome.juan] {
                    for form in [["--json"], []] {
                        let ending = await home.run(
                            words + form, as: uid,
                            files: [.standardInput: Array("otra clave\n".utf8)])
                        let said = Array((ending.output + ending.error).utf8)
                        #expect(Self.found(in: said) == nil, "\(line)")
                    }
                }
            }
            #expect(try Self.files(in: home.directory.path).isEmpty)
        }
    }

    /// Further ways to ask for it.
    private static let others = [
        "config get account/ventas/secret", "config history account/ventas/secret",
        "config list account", "account show ventas", "log export --format csv",
        "log export --format jsonl",
    ]

    private static func found(in bytes: [UInt8]) -> Int? {
        traces.firstIndex { trace in bytes.withUnsafeBytes { $0.contains(trace) } }
    }

    /// The files of a home that hold a trace of the password.
    private static func files(in folder: String) throws -> [String] {
        try #require(FileManager.default.enumerator(atPath: folder)).compactMap { entry in
            guard let name = entry as? String,
                let data = FileManager.default.contents(atPath: "\(folder)/\(name)")
            else { return nil }
            return found(in: Array(data)) == nil ? nil : name
        }
    }
}
