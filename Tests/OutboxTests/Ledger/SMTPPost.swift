import SyncCore
import Synchronization
import Testing

@testable import Outbox

/// A mail server in a process of its own, reached by the real conversation over TLS.
final class SMTPPost: Sendable {
    private let server: ScriptedServer
    /// What takes a mail and says nothing about the first of each connection.
    private let silent: ScriptedServer?
    private let settings: ConnectionSettings

    /// Starts the servers.
    init(isSilent: Bool) async throws {
        let certificate = try await offPool { try TestAuthority.trusted.get().localhost }
        server = try await .start("{}", certificate: certificate)
        silent =
            isSilent
            ? try await .start(#"{"final":["SILENT"]}"#, certificate: certificate) : nil
        settings = try TransportFixture.settings()
    }

    /// What begins now, without the mails that the servers took before.
    func begin() throws -> Story {
        Story(post: self, before: try copies())
    }

    private func copies() throws -> [String: Int] {
        let mails = try server.mails() + (silent?.mails() ?? [])
        return Dictionary(mails.flatMap { $0.recipients ?? [] }.map { ($0, 1) }) { $0 + $1 }
    }

    /// The mails of one device.
    final class Story: MailPost {
        private let post: SMTPPost
        private let before: [String: Int]
        private let begunRecipients = Mutex<Set<String>>([])
        private let lives = Mutex(0)

        init(post: SMTPPost, before: [String: Int]) {
            (self.post, self.before) = (post, before)
        }

        var begun: Set<String> { begunRecipients.withLock(\.self) }

        var copies: [String: Int] {
            get throws {
                try post.copies().merging(before) { $0 - $1 }.filter { $0.value > 0 }
            }
        }

        func way(of killer: Killer) -> any MailTransport {
            let isFirst = lives.withLock {
                $0 += 1
                return $0 == 1
            }
            let silent = isFirst ? post.silent : nil
            return Way(
                story: self, server: silent ?? post.server, isSilent: silent != nil,
                settings: post.settings, killer: killer)
        }

        fileprivate func noteBegun(_ mail: MailTransaction?) {
            begunRecipients.withLock { $0.formUnion(mail?.recipients.map(\.text) ?? []) }
        }
    }

    private struct Way: MailTransport {
        let story: Story
        let server: ScriptedServer
        let isSilent: Bool
        let settings: ConnectionSettings
        let killer: Killer

        func connect(to account: AccountID) async throws -> any MailSession {
            let connection = SMTPConnection(
                route: try TransportFixture.route(server.port), settings: settings,
                environment: .live())
            _ = try await connection.open(credentials: TransportFixture.credentials())
            return Session(session: SMTPSession(connection: connection, routes: []), way: self)
        }

        func probe(_ account: AccountID) async -> MailProbe {
            MailProbe(isReachable: true, routes: [])
        }
    }

    private struct Session: MailSession {
        let session: SMTPSession
        let way: Way
        var routes: [RouteReport] { [] }
        var server: MailServer { session.server }

        func deliver(
            next: () async throws -> MailTransaction?, dataBegins: (Int) async throws -> Void,
            finished: (Int, [TransactionOutcome]) async throws -> Void
        ) async throws {
            let (connection, killer) = (session.connection, way.killer)
            var mails: [Int: MailTransaction] = [:]
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask {
                    do { try await self.strikeWhenHandedOver() } catch { connection.cancel() }
                }
                defer { group.cancelAll() }
                try await session.deliver(
                    next: {
                        let mail = try await next()
                        if let mail { mails[mail.id] = mail }
                        return mail
                    },
                    dataBegins: { id in
                        try await killer.pass(.connected)
                        try await dataBegins(id)
                        way.story.noteBegun(mails[id])
                        try await killer.pass(.begun)
                    },
                    finished: { id, outcomes in
                        // A device that ends now hears the answer and can write nothing down.
                        do { try await killer.pass(.answered) } catch is Killer.Killed {}
                        try await finished(id, outcomes)
                        try await killer.step()
                    })
            }
        }

        /// Passes the phase in which a silent server has a mail, and nobody here knows.
        private func strikeWhenHandedOver() async throws {
            guard way.isSilent, try await way.server.takesMail() else { return }
            try await way.killer.pass(.handedOver)
        }
    }
}
