import Foundation
import Glibc
import SyncCore
import Testing
import TestThreads

@testable import Outbox

/// Each row starts a server of its own and speaks real TLS with it.
@Suite(.realWorld)
struct SMTPConnectionTests {
    private func server(
        _ script: String = "{}", other: Bool = false, antivirus: Bool = false
    ) async throws -> ScriptedServer {
        let authority = try await offPool {
            try (antivirus ? TestAuthority.antivirus : TestAuthority.trusted).get()
        }
        return try await .start(
            script, certificate: other ? authority.other : authority.localhost)
    }

    private func connection(
        _ server: ScriptedServer, _ security: Route.Security = .implicit,
        _ change: (inout ConnectionSettings) -> Void = { _ in }
    ) throws -> SMTPConnection {
        var settings = try TransportFixture.settings()
        change(&settings)
        return SMTPConnection(
            route: try TransportFixture.route(server.port, security), settings: settings,
            environment: .live())
    }

    struct Failing: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        var security = Route.Security.implicit
        let cause: TransportFailure.Cause
        var other = false
        var antivirus = false
        /// Only what never comes is worth a short wait.
        var connectMaximum = Duration.seconds(60)
    }

    private static let failing = [
        Failing(
            testDescription: "dropped", script: #"{"dropped":1}"#, cause: .dropped,
            connectMaximum: .seconds(2)),
        Failing(
            testDescription: "accepts and is silent, TLS", script: #"{"tls":"none","silent":1}"#,
            cause: .tlsSilent, connectMaximum: .seconds(2)),
        Failing(
            testDescription: "accepts and is silent, STARTTLS",
            script: #"{"tls":"none","silent":1}"#, security: .startTLS, cause: .bannerTimeout,
            connectMaximum: .seconds(2)),
        Failing(
            testDescription: "secures and is silent", script: #"{"silent":1}"#,
            cause: .bannerTimeout, connectMaximum: .seconds(4)),
        Failing(
            testDescription: "plain on 465", script: #"{"tls":"none"}"#, cause: .wrongSecurity),
        Failing(
            testDescription: "TLS on 587", script: "{}", security: .startTLS,
            cause: .bannerTimeout, connectMaximum: .seconds(2)),
        Failing(
            testDescription: "STARTTLS stripped", script: #"{"tls":"starttls","stripped":1}"#,
            security: .startTLS, cause: .startTLSStripped),
        Failing(
            testDescription: "STARTTLS stalls", script: #"{"tls":"starttls","silentTLS":1}"#,
            security: .startTLS, cause: .tlsSilent, connectMaximum: .seconds(4)),
        Failing(
            testDescription: "greeting rejects", script: #"{"greeting":"554 5.7.1 blocked"}"#,
            cause: .bannerRejected),
        Failing(
            testDescription: "greeting is busy", script: #"{"greeting":"421 4.3.2 busy"}"#,
            cause: .bannerRejected),
        Failing(
            testDescription: "greeting is not SMTP", script: #"{"greeting":"HTTP/1.1 400 Bad"}"#,
            cause: .wrongSecurity, connectMaximum: .seconds(4)),
        Failing(
            testDescription: "masked greeting",
            script: #"{"tls":"starttls","stripped":1,"greeting":"220 ****************"}"#,
            security: .startTLS, cause: .bannerMasked),
        Failing(testDescription: "no AUTH", script: #"{"auth":""}"#, cause: .authNotOffered),
        Failing(
            testDescription: "unknown AUTH",
            script: #"{"auth":"535 no","mechanisms":"AUTH SCRAM-SHA-256"}"#, cause: .authMechanism),
        Failing(
            testDescription: "535", script: #"{"auth":"535 5.7.8 bad"}"#, cause: .badPassword),
        Failing(
            testDescription: "534", script: #"{"auth":"534 5.7.9 app"}"#, cause: .appPassword),
        Failing(
            testDescription: "Office 365",
            script: #"{"auth":"535 5.7.139 SmtpClientAuthentication is disabled"}"#,
            cause: .officeAuthOff),
        Failing(
            testDescription: "454", script: #"{"auth":"454 4.7.0 later"}"#, cause: .authTemporary),
        Failing(
            testDescription: "another name", script: "{}", cause: .certificateName, other: true),
        Failing(
            testDescription: "antivirus, TLS", script: "{}", cause: .intercepted, antivirus: true),
        Failing(
            testDescription: "antivirus, STARTTLS", script: #"{"tls":"starttls"}"#,
            security: .startTLS, cause: .intercepted, antivirus: true),
        Failing(testDescription: "old TLS", script: #"{"oldTLS":1}"#, cause: .tlsTooOld),
    ]

    @Test(arguments: failing)
    func `a server that cannot be used is told by its cause`(row: Failing) async throws {
        let server = try await server(
            row.script, other: row.other, antivirus: row.antivirus)
        let connection = try connection(server, row.security) {
            $0.connectMaximum = row.connectMaximum
        }
        let failure = await #expect(throws: TransportFailure.self) {
            _ = try await connection.open(credentials: TransportFixture.credentials())
        }
        #expect(failure?.cause == row.cause, "\(String(describing: failure))")
        #expect(failure?.port == server.port)
        if row.antivirus { #expect(failure?.issuer == "Avast Web/Mail Shield Root") }
        #expect(try server.commands().allSatisfy { !$0.hasPrefix("MAIL") })
    }

    @Test func `a closed port and an unknown name are told apart`() async throws {
        let port = try ClosedPort()
        for (host, cause) in [
            ("localhost", TransportFailure.Cause.refused), ("no.invalid", .nameNotFound),
        ] {
            let connection = SMTPConnection(
                route: try TransportFixture.route(port.number, host: host),
                settings: try TransportFixture.settings(), environment: .live())
            let failure = await #expect(throws: TransportFailure.self) {
                _ = try await connection.open(credentials: nil)
            }
            #expect(failure?.cause == cause)
        }
    }

    @Test func `an authority that is not trusted is named`() async throws {
        let server = try await server()
        let connection = try connection(server) { $0.authorityFile = nil }
        let failure = await #expect(throws: TransportFailure.self) {
            _ = try await connection.open(credentials: TransportFixture.credentials())
        }
        #expect(failure?.cause == .certificateUntrusted)
        #expect(failure?.issuer == "Autoridad de prueba")
        #expect(failure?.explanation.es.contains("Autoridad de prueba") == true)
        // The probe that read the issuer said nothing to the server.
        #expect(try server.commands().isEmpty)
    }

    struct Sending: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        let words: [String]
        var recipients = ["ana@cliente.mx"]
        var second: String?
        /// Only a reply that never comes is worth a short wait.
        var verdict = Duration.seconds(60)
    }

    private static let two = ["ana@cliente.mx", "nadie@cliente.mx"]
    private static let sending = [
        Sending(testDescription: "taken", script: "{}", words: ["accepted 250"]),
        Sending(
            testDescription: "one recipient refused",
            script: #"{"rcpt":{"nadie@cliente.mx":"550 5.1.1 no"}}"#,
            words: ["accepted 250", "refused 550"], recipients: two),
        Sending(
            testDescription: "all recipients refused",
            script: #"{"rcpt":{"nadie@cliente.mx":"550 no","ana@cliente.mx":"451 4.7.1 grey"}}"#,
            words: ["deferred 451", "refused 550"], recipients: two, second: "deferred 451"),
        Sending(
            testDescription: "all refused, 354 all the same",
            script: #"{"alwaysData":1,"rcpt":{"ana@cliente.mx":"550 no"}}"#,
            words: ["refused 550"]),
        Sending(
            testDescription: "sender refused", script: #"{"mail":"553 5.7.1 not yours"}"#,
            words: ["refused 553"], second: "refused 553"),
        Sending(
            testDescription: "DATA refused", script: #"{"data":"451 4.3.0 later"}"#,
            words: ["deferred 451"], second: "deferred 451"),
        Sending(
            testDescription: "451 after the dot", script: #"{"final":["451 4.3.0 later"]}"#,
            words: ["deferred 451"], second: "accepted 250"),
        Sending(
            testDescription: "554 after the dot", script: #"{"final":["554 5.7.1 spam"]}"#,
            words: ["refused 554"], second: "accepted 250"),
        Sending(
            testDescription: "RST after the dot", script: #"{"final":["RST"]}"#,
            words: ["in doubt CONNECTION_LOST"]),
        Sending(
            testDescription: "silence after the dot", script: #"{"final":["SILENT"]}"#,
            words: ["in doubt REPLY_TIMEOUT_VERDICT"],
            verdict: .milliseconds(500)),
        Sending(
            testDescription: "late 250", script: #"{"final":["LATE 0.2"]}"#,
            words: ["accepted 250"], second: "accepted 250"),
        Sending(
            testDescription: "421 after the dot", script: #"{"final":["421 4.3.2 down"]}"#,
            words: ["deferred 421"]),
        Sending(
            testDescription: "closed for idleness", script: #"{"idle421":1}"#,
            words: ["not sent SERVICE_CLOSING"]),
        Sending(
            testDescription: "too big", script: #"{"offers":["PIPELINING","SIZE 10"]}"#,
            words: ["not sent TOO_BIG"], second: "not sent TOO_BIG"),
        Sending(
            testDescription: "SMTPUTF8 missing", script: #"{"offers":["PIPELINING"]}"#,
            words: ["not sent SMTPUTF8_NOT_OFFERED"], recipients: ["ñ@cliente.mx"],
            second: "accepted 250"),
    ]

    @Test(arguments: sending, [true, false])
    func `every recipient gets the outcome that happened`(
        row: Sending, isPipelining: Bool
    )
        async throws
    {
        var script = row.script
        if !isPipelining {
            script = script.replacing("{", with: #"{"serial":1,"#, maxReplacements: 1)
        }
        if script.hasSuffix(",}") { script = #"{"serial":1}"# }
        let server = try await server(script)
        let connection = try connection(server) { $0.timings.verdict = row.verdict }
        var mails = [try TransportFixture.mail(1, to: row.recipients)]
        if row.second != nil { mails.append(try TransportFixture.mail(2)) }
        let outcomes = try await TransportFixture.deliver(mails, over: connection)
        #expect(outcomes[1]?.map(\.word) == row.words)
        if let second = row.second { #expect(outcomes[2]?.map(\.word) == [second]) }
        #expect(try server.mails().allSatisfy { $0.authenticated == true })
    }

    @Test func `a reset in the body means not sent, because the final dot never left`() async throws
    {
        let server = try await server(#"{"resetInBody":1,"offers":["PIPELINING"]}"#)
        let body = String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 300_000)
        let outcomes = try await TransportFixture.deliver(
            [TransportFixture.mail(1, body: body)], over: connection(server))
        #expect(outcomes[1]?.map(\.word) == ["not sent CONNECTION_LOST"])
    }

    @Test func `nothing inside a mail can end it or begin another`() async throws {
        let server = try await server()
        let evil = "Subject: x\n\nHola\n.\nMAIL FROM:<a@x.mx>\r.\r\n.\r\n..\rfin\n.\r\nQUIT"
        let outcomes = try await TransportFixture.deliver(
            [TransportFixture.mail(1, body: evil)], over: connection(server))
        #expect(outcomes[1]?.map(\.word) == ["accepted 250"])
        let mails = try server.mails()
        #expect(mails.count == 1)
        let normal = evil.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            .replacing("\n", with: "\r\n")
        let expected = Array("From: ventas@empresa.com\r\n\(normal)\r\n".utf8)
        #expect(mails.first?.body == expected.hexadecimal)
        #expect(try server.commands().count { $0.hasPrefix("MAIL") } == 1)
    }

    @Test func `fifty mails leave on one connection, in order`() async throws {
        let server = try await server()
        let mails = try (1...50).map { try TransportFixture.mail($0) }
        let outcomes = try await TransportFixture.deliver(mails, over: connection(server))
        #expect(outcomes.values.allSatisfy { $0.map(\.word) == ["accepted 250"] })
        #expect(try server.mails().count == 50)
        #expect(try server.commands().count { $0.hasPrefix("EHLO") } == 1)
    }

    @Test func `the record of the dialogue holds no password`() async throws {
        let server = try await server(#"{"tls":"starttls"}"#)
        let connection = try connection(server, .startTLS)
        _ = try await TransportFixture.deliver([TransportFixture.mail(1)], over: connection)
        let lines = await connection.takeTranscript(of: 1)
        #expect(lines.first?.hasPrefix("S: 220") == true)
        #expect(lines.contains("C: AUTH PLAIN ***"))
        #expect(lines.contains("C: RCPT TO:<ana@cliente.mx>"))
        #expect(lines.contains { $0.hasPrefix("S: 250") && $0.contains("queued") })
        let encoded = Base64.encode(Array("\0ventas@empresa.com\0clave-secreta".utf8))
        #expect(lines.allSatisfy { !$0.contains("clave") && !$0.contains(encoded) })
        #expect(await connection.takeTranscript(of: 1).isEmpty)
    }

    @Test func `each of two mails on their way together has a dialogue of its own`() async throws {
        let server = try await server(#"{"offers":["PIPELINING"]}"#)
        let connection = try connection(server)
        let mails = try [
            TransportFixture.mail(1, to: ["ana@cliente.mx"]),
            TransportFixture.mail(2, to: ["beto@cliente.mx"]),
        ]
        _ = try await TransportFixture.deliver(mails, over: connection)
        for (id, own, other) in [(1, "ana@", "beto@"), (2, "beto@", "ana@")] {
            let text = await connection.takeTranscript(of: id).joined(separator: "\n")
            #expect(text.contains("C: RCPT TO:<\(own)") && !text.contains(other), "\(text)")
            #expect(text.contains("S: 354") && text.contains("bytes)"), "\(text)")
        }
    }

    @Test func `a cancelled wait ends at once and the mail is in doubt`() async throws {
        let server = try await server(#"{"final":["SILENT"]}"#)
        let connection = try connection(server)
        let mail = try TransportFixture.mail(1)
        let outcomes = try await withThrowingTaskGroup(of: [Int: [SMTPOutcome]].self) { group in
            group.addTask { try await TransportFixture.deliver([mail], over: connection) }
            while try server.mails().isEmpty {
                try await offPool { _ = poll(nil, 0, 1) }
            }
            group.cancelAll()
            return try await group.next() ?? [:]
        }
        #expect(outcomes[1]?.map(\.word) == ["in doubt CANCELLED"])
    }
}
