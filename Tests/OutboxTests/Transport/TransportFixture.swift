import SyncCore
import Synchronization
import Testing

@testable import Outbox

/// What tests over real connections share.
enum TransportFixture {
    static func settings() throws -> ConnectionSettings {
        var settings = ConnectionSettings(
            ehloName: try #require(MailDomain("sucursal.empresa.com")))
        settings.authorityFile = try TestAuthority.trusted.get().file
        settings.connectMaximum = .seconds(60)
        return settings
    }

    static func credentials(_ password: String = "clave-secreta") -> SMTPCredentials {
        var bytes = Array(password.utf8)
        return .password(user: "ventas@empresa.com", SecretBytes(consuming: &bytes))
    }

    static func route(
        _ port: Int, _ security: Route.Security = .implicit, host: String = "localhost"
    ) throws -> Route {
        Route(host: try #require(ServerName(host)), port: port, security: security)
    }

    static func mail(
        _ id: Int, to recipients: [String] = ["ana@cliente.mx"],
        body: String = "Subject: x\r\n\r\nHola\r\n"
    ) throws -> SMTPMail {
        SMTPMail(
            id: id, sender: try MailAddress("ventas@empresa.com", in: .from),
            recipients: try recipients.map { try MailAddress($0, in: .to) },
            pieces: [Array("From: ventas@empresa.com\r\n".utf8), Array(body.utf8)])
    }

    /// Connects, sends mails, and returns their outcomes in the order in which they were known.
    static func deliver(
        _ mails: [SMTPMail], over connection: SMTPConnection,
        credentials: SMTPCredentials? = credentials()
    ) async throws -> [Int: [SMTPOutcome]] {
        _ = try await connection.open(credentials: credentials)
        let waiting = Mutex(mails[...])
        let known = Mutex<[Int: [SMTPOutcome]]>([:])
        let begun = Mutex<Set<Int>>([])
        try await connection.deliver(
            next: { waiting.withLock { $0.popFirst() } },
            dataBegins: { id in _ = begun.withLock { $0.insert(id) } },
            finished: { id, outcomes in
                known.withLock {
                    #expect($0[id] == nil, "A mail's outcome is said once.")
                    $0[id] = outcomes
                }
            })
        return known.withLock { $0 }
    }
}

extension SMTPOutcome {
    /// The outcome in one word, for tables.
    var word: String {
        switch self {
        case .accepted(let reply): "accepted \(reply.code)"
        case .refused(true, let reply): "refused \(reply.code)"
        case .refused(false, let reply): "deferred \(reply.code)"
        case .notSent(let cause): "not sent \(cause.code)"
        case .inDoubt(let cause): "in doubt \(cause.code)"
        }
    }
}
