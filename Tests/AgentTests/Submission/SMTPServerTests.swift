import Foundation
import Front
import Outbox
import SyncCore
import Testing
import TestThreads

@testable import Agent

/// The SMTP way in on a real socket, with a real replica behind it.
@Suite(.realWorld)
struct SMTPServerTests {
    private static let mail = "DATA\r\nSubject: x\r\n\r\nHola\r\n.\r\n"

    /// Runs a body with a server whose clients are this process: its own login.
    private func serve(
        _ home: CommandHome, _ body: @escaping @Sendable (UInt16) async throws -> Void
    ) async throws {
        let listener = try LoopbackListener(#require(LoopbackAddress("127.0.0.1:0")))
        let server = SMTPServer(listener: listener, engine: home.engine)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run() }
            try await body(listener.address.port)
            group.cancelAll()
        }
    }

    /// Says everything at once, and returns all replies once the server has hung up.
    private func talk(_ port: UInt16, _ text: String) async throws -> String {
        try await blocking { Result { try PlainSocket(port: port).exchange(Array(text.utf8)) } }
            .get()
    }

    private func bindOwnLogin(_ home: CommandHome) async throws {
        let device = try home.engine.workspace().replica.identity.id
        try await home.configure([
            LocalLogin(device: device, uid: getuid()).bindingPath: .text("juan"),
            DirectoryUser.path(UserID(validated: "juan"), "email"): .text("juan@inair.ec"),
            DirectoryUser.path(UserID(validated: "maria"), "email"): .text("maria@inair.ec"),
        ])
    }

    @Test func `250 means that the mail is stored, and the login tells whose it is`() async throws {
        try await CommandHome.with { home in
            try await bindOwnLogin(home)
            try await serve(home) { port in
                let replies = try await talk(
                    port,
                    "EHLO pc\r\nMAIL FROM:<juan@inair.ec>\r\nRCPT TO:<ana@x.co>\r\n" + Self.mail
                        + "QUIT\r\n")
                let mails = try await home.mails()
                #expect(mails.count == 1)
                #expect(mails.first?.mail.user.text == "juan")
                let name = try #require(mails.first?.mail.message.description)
                #expect(replies.contains("250 2.0.0 queued as \(name)\r\n221"))
            }
        }
    }

    // What is set counts from the next connection on; nobody restarts anything.
    @Test func `SIZE is what the configuration lets a mail have`() async throws {
        try await CommandHome.with { home in
            try await bindOwnLogin(home)
            try await serve(home) { port in
                let usual = SendFacts.wireSizeMaximum(of: SendFacts.sizeMaximumDefault)
                #expect(try await talk(port, "EHLO pc\r\nQUIT\r\n").contains("SIZE \(usual)\r\n"))
                try await home.configure([Directory.sizePath: .integer(1000)])
                let small = SendFacts.wireSizeMaximum(of: 1000)
                let told = try await talk(
                    port, "EHLO pc\r\nMAIL FROM:<juan@inair.ec> SIZE=\(small + 1)\r\nQUIT\r\n")
                #expect(told.contains("SIZE \(small)\r\n") && told.contains("552 5.3.4"), "\(told)")
            }
        }
    }

    // The kernel's list changes while it is read.
    @Test func `programs that connect and leave at once do no harm`() async throws {
        try await CommandHome.with { home in
            try await bindOwnLogin(home)
            try await serve(home) { port in
                for _ in 0..<200 { _ = try PlainSocket(port: port) }
                let replies = try await talk(port, "QUIT\r\n")
                #expect(replies.contains("221 2.0.0"))
            }
        }
    }

    /// What is wrong with the mail, and the reply.
    private static let refused: [(String, String)] = [
        ("From: maria@inair.ec\r\n\r\nx\r\n.\r\n", "550 5.7.1"),
        ("a: b\r\nmal\r\n\r\nx\r\n.\r\n", "554 5.6.0"), ("x\u{0}y\r\n.\r\n", "554 5.6.0"),
        ("Content-Type: multipart/mixed\r\n\r\nx\r\n.\r\n", "554 5.6.0"),
        ("x\n.\r\n\r\n.\r\n", "554 5.6.0"), ("x", "354 end"),
    ]

    @Test func `what is refused is not stored, and says why`() async throws {
        try await CommandHome.with { home in
            try await bindOwnLogin(home)
            try await serve(home) { port in
                for (content, reply) in Self.refused {
                    let replies = try await talk(
                        port,
                        "EHLO pc\r\nMAIL FROM:<>\r\nRCPT TO:<ana@x.co>\r\nDATA\r\n\(content)")
                    #expect(replies.contains("354 end"))
                    #expect(replies.contains(reply), "\(content)")
                    #expect(!replies.contains("queued"))
                }
                let unknown = try await talk(
                    port, "EHLO pc\r\nMAIL FROM:<>\r\nRCPT TO:<nadie>\r\n" + Self.mail)
                #expect(unknown.contains("550 5.1.1"))
                let stored = try await home.mails().count
                #expect(stored == 0)
            }
        }
    }

    @Test func `a login that is nobody's is refused, and an application's password helps`()
        async throws
    {
        try await CommandHome.with { home in
            let added = await home.run(["app", "add", "crm", "--user", "maria", "--json"])
            let password = try String(
                #require(
                    added.output.split(separator: #""password":""#).last?.prefix(32)))
            let rest = "MAIL FROM:<>\r\nRCPT TO:<ana@x.co>\r\n" + Self.mail
            @Sendable func login(_ password: String) -> String {
                "AUTH PLAIN \(Base64.encode(Array("\0crm\0\(password)".utf8)))\r\n"
            }
            try await serve(home) { port in
                let bare = try await talk(port, "EHLO pc\r\n" + rest)
                #expect(bare.contains("550 5.7.1"))
                let wrong = try await talk(port, "EHLO pc\r\n" + login("otra"))
                #expect(wrong.contains("535 5.7.8"))
                let right = try await talk(port, "EHLO pc\r\n" + login(password) + rest)
                #expect(right.contains("235 2.7.0"))
                #expect(right.contains("queued as"))
                let lines = try await home.engine.workspace().replica.read {
                    try $0.outbox.log(LogFilter(), limit: 1)
                }
                #expect(lines.first?.line.actor == "maria app:crm")
                _ = await home.run(["app", "remove", "crm"])
                let removed = try await talk(port, "EHLO pc\r\n" + login(password))
                #expect(removed.contains("535 5.7.8"))
            }
        }
    }

    @Test func `the kernel's list tells whose a socket is that somebody holds, and no other`() {
        let head =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        func line(_ state: String, _ uid: Int, _ inode: Int) -> String {
            "   0: 0100007F:D431 0100007F:09DD \(state) 00000000:00000000 00:00000000 "
                + "00000000  \(uid)        0 \(inode) 1\n"
        }
        func uid(_ list: String) -> UInt32? {
            LoopbackPeer.uid(from: ["0100007F:D431"], to: ["0100007F:09DD"], in: list)
        }
        #expect(uid(head + line("01", 1000, 77)) == 1000)
        #expect(uid(head + line("05", 1000, 77)) == 1000)
        #expect(uid(head + line("06", 1000, 77)) == nil)
        #expect(uid(head + line("06", 0, 0)) == nil)
        #expect(uid(head + line("05", 0, 0)) == nil)
        #expect(uid(head + line("01", 0, 0)) == nil)
        #expect(uid(head) == nil)
    }

    @Test(arguments: [
        "0.0.0.0:2525", "192.168.1.2:2525", "[::]:2525", "example.com:25", "127.0.0.1",
        "127.0.0.1:x",
        ":2525", "128.0.0.1:25",
    ])
    func `beyond this machine nothing listens`(text: String) {
        #expect(LoopbackAddress(text) == nil)
        #expect(throws: UsageError.self) {
            try EngineOptions(["--home", "/x", "--smtp", text])
        }
    }

    @Test func `the agent listens on 2525 unless it is told otherwise or only passes through`()
        throws
    {
        #expect(try EngineOptions(["--home", "/x"]).smtp?.description == "127.0.0.1:2525")
        #expect(try EngineOptions(["--home", "/x", "--personal"]).smtp == nil)
        #expect(try EngineOptions(["--home", "/x", "--smtp", "off"]).smtp == nil)
        #expect(
            try EngineOptions(["--home", "/x", "--smtp", "[::1]:25"]).smtp?.description
                == "[::1]:25")
    }
}
