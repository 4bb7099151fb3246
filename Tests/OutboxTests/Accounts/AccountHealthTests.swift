import SyncCore
import Synchronization
import TestSupport
import TestThreads
import Testing

@testable import Outbox

/// What is found out about an account, by real conversations with scripted servers.
@Suite(.realWorld)
struct AccountHealthTests {
    private static func server(_ script: String) async throws -> ScriptedServer {
        let certificate = try await offPool { try TestAuthority.trusted.get().localhost }
        return try await .start(script, certificate: certificate)
    }

    private static func tester() throws -> SMTPAccountTester {
        SMTPAccountTester(settings: try TransportFixture.settings(), environment: .live())
    }

    /// An organisation whose account is on a server.
    private func fixture(
        on server: ScriptedServer, folds: [any RecordFold] = []
    ) async throws -> AccountFixture {
        let fixture = try await AccountFixture(folds: folds)
        try await fixture.addAccount(
            host: "localhost", routes: [AccountRoute(port: server.port, security: .implicit)])
        return fixture
    }

    private func watch(
        _ replica: Replica, of id: AccountID, recoveries: Counter = Counter()
    ) throws -> HealthWatch {
        let tester = try Self.tester()
        return HealthWatch(
            replica: replica, interval: .seconds(3600),
            check: { account in
                let secret = try await replica.read { transaction in
                    guard let found = try transaction.directory.account(account) else {
                        throw SecretError(.missing, account: account)
                    }
                    return try SecretVault.open(found, by: transaction.identity)
                }
                return try await AccountCheck.run(with: secret, by: tester, isBrief: true)
                    .finding
            }, onRecovery: { _ in recoveries.count() }, afterRecord: {})
    }

    final class Counter: Sendable {
        private let number = Mutex(0)
        var value: Int { number.withLock(\.self) }
        func count() { number.withLock { $0 += 1 } }
    }

    @Test func `a device tries a new account by itself, and every device knows what it found`()
        async throws
    {
        let refusing = try await Self.server(#"{"auth":"535 5.7.8 Bad credentials"}"#)
        let fixture = try await fixture(on: refusing, folds: [OutboxFold()])
        try await fixture.organisation.copy(from: 0, to: 1)
        let second = try #require(try await fixture.account()?.sealedDevices.last)
        let replicas = fixture.organisation.replicas
        let index = try #require(replicas.firstIndex { $0.identity.id == second })
        let sender = replicas[index]
        let recoveries = Counter()
        let watch = try watch(sender, of: fixture.id, recoveries: recoveries)
        try await watch.runOnce()
        // It is the second in turn.
        #expect(try refusing.commands().isEmpty)
        try await sender.environment.sleep(HealthSchedule.turn)
        try await watch.runOnce()
        #expect(try refusing.commands().contains("AUTH"))
        #expect(try refusing.mails().isEmpty)
        for other in replicas.indices where other != index {
            try await fixture.organisation.copy(from: index, to: other)
        }
        for replica in replicas {
            let (alarms, log) = try await replica.read { transaction in
                var filter = LogFilter()
                filter.words = [.accountTested]
                return (
                    try transaction.directory.alarms(),
                    try transaction.outbox.log(filter, limit: 9)
                )
            }
            #expect(alarms.map(\.subject) == ["ventas"])
            #expect(alarms.map(\.detail) == ["BAD_PASSWORD"])
            #expect(log.map(\.line.detail.cause) == ["BAD_PASSWORD"])
            #expect(log.map(\.line.detail.host) == ["localhost"])
        }
        // The same again is no news.
        try await sender.environment.sleep(.seconds(3600))
        try await watch.runOnce()
        #expect(try await lines(.accountTested, on: sender) == 1)
        #expect(recoveries.value == 0)
    }

    @Test func `the alarm ends when a test passes, and the account is used again`() async throws {
        let refusing = try await Self.server(#"{"auth":"535 5.7.8 Bad credentials"}"#)
        let fixture = try await fixture(on: refusing, folds: [OutboxFold()])
        let recoveries = Counter()
        let watch = try watch(fixture.admin, of: fixture.id, recoveries: recoveries)
        try await watch.runOnce()
        #expect(try await fixture.account()?.sender.health == .failing(.authentication))
        // An administrator sets another server and password.
        let accepting = try await Self.server("{}")
        try await fixture.addAccount(
            host: "localhost", routes: [AccountRoute(port: accepting.port, security: .implicit)])
        #expect(try await fixture.account()?.sender.health == .untested)
        try await watch.runOnce()
        #expect(try await fixture.account()?.sender.health == .working)
        #expect(recoveries.value == 1)
        #expect(try await fixture.admin.read { try $0.directory.alarms() }.isEmpty)
        #expect(try await lines(.accountTested, on: fixture.admin) == 2)
    }

    @Test func `a server that is not reached says nothing against the account`() async throws {
        let fixture = try await AccountFixture(folds: [OutboxFold()])
        let closed = try ClosedPort()
        defer { _ = closed.number }
        try await fixture.addAccount(
            host: "localhost", routes: [AccountRoute(port: closed.number, security: .implicit)])
        try await watch(fixture.admin, of: fixture.id).runOnce()
        #expect(try await fixture.account()?.sender.health == .untested)
        #expect(try await lines(.accountTested, on: fixture.admin) == 0)
    }

    @Test func `a wrong password is put to the server once, not at each port`() async throws {
        let refusing = try await Self.server(#"{"auth":"535 5.7.8 Bad credentials"}"#)
        let other = try await Self.server("{}")
        let fixture = try await AccountFixture()
        try await fixture.addAccount(
            host: "localhost",
            routes: [refusing, other].map { AccountRoute(port: $0.port, security: .implicit) })
        try await watch(fixture.admin, of: fixture.id).runOnce()
        #expect(try other.commands().isEmpty)
    }

    @Test(
        arguments: [
            ("{}", "accepted", "250 2.0.0 Ok: queued"),
            (
                #"{"mail":"553 5.7.1 Sender address rejected: not owned by user"}"#, "sender",
                "553 5.7.1 Sender address rejected: not owned by user"
            ),
            (
                #"{"rcpt":{"ana@example.com":"550 5.1.1 No such user"}}"#, "refused",
                "550 5.1.1 No such user"
            ),
            (
                #"{"rcpt":{"ana@example.com":"451 4.7.1 Greylisted"}}"#, "refused for now",
                "451 4.7.1 Greylisted"
            ),
            (#"{"final":["RST"]}"#, "in doubt", nil),
            (#"{"auth":"535 5.7.8 No"}"#, "not sent", nil),
        ] as [(String, String, String?)])
    func `a test mail ends as the server says`(
        script: String, expected: String, reply: String?
    ) async throws {
        let server = try await Self.server(script)
        let fixture = try await fixture(on: server)
        let account = try #require(try await fixture.account())
        let secret = try SecretVault.open(account, by: fixture.admin.identity)
        let mail = try TestMail(
            from: account, to: try MailAddress("ana@example.com", in: .to),
            in: fixture.admin.environment)
        let outcome = try await Self.tester().send(
            mail, over: account.routes[0], with: secret)
        let word =
            switch outcome {
            case .accepted: "accepted"
            case .senderRefused: "sender"
            case .refused(true, _): "refused"
            case .refused(false, _): "refused for now"
            case .inDoubt: "in doubt"
            case .notSent: "not sent"
            }
        #expect(word == expected)
        #expect(outcome.reply == reply)
        #expect(try server.mails().count == (["accepted", "in doubt"].contains(expected) ? 1 : 0))
    }

    @Test func `what an earlier version wrote of a test is read`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let mark = try #require(account.mark)
        try await fixture.set(
            "tested/\(fixture.senders[1].id)",
            .list([
                "authentication", String(mark.secret.version), mark.secret.commitment.description,
                mark.settings.description,
            ]))
        #expect(try await fixture.account()?.sender.health == .failing(.authentication))
        #expect(
            try await fixture.admin.read { try $0.directory.alarms() }.map(\.detail)
                == ["authentication"])
    }

    private func lines(_ word: LogWord, on replica: Replica) async throws -> Int {
        var filter = LogFilter()
        filter.words = [word]
        let wanted = filter
        return try await replica.read { try $0.outbox.log(wanted, limit: 99).count }
    }
}
