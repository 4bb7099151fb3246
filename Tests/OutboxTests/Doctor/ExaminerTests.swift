import SyncCore
import Testing
import TestThreads

@testable import Outbox

/// The doctor's looks at real servers that misbehave.
@Suite(.realWorld)
struct ExaminerTests {
    private func start(_ script: String, antivirus: Bool = false) async throws -> ScriptedServer {
        let authority = try await offPool {
            try (antivirus ? TestAuthority.antivirus : TestAuthority.trusted).get()
        }
        return try await .start(script, certificate: authority.localhost)
    }

    private func examine(
        _ routes: [Route], page: String? = nil, host: String = "localhost"
    ) async throws -> NetworkObservations {
        var settings = try TransportFixture.settings()
        settings.connectMaximum = .seconds(3)
        let examiner = NetworkExaminer(
            settings: settings, hasRoute: true, proxy: "http://ana:clave@proxy.lab:3128",
            environment: .live())
        let target = ExaminationPlan.Target(
            host: try #require(ServerName(host)), routes: routes)
        return try await examiner.examine(
            ExaminationPlan(servers: [target], page: page), progress: { _, _ in })
    }

    @Test func `open means that a server greeted, not that something took the connection`()
        async throws
    {
        let good = try await start("{}")
        let silent = try await start(#"{"tls":"none","silent":1}"#)
        let dropped = try await start(#"{"dropped":1}"#)
        let antivirus = try await start("{}", antivirus: true)
        let routes = try [good, silent, dropped, antivirus].map {
            try TransportFixture.route($0.port)
        }
        let seen = try await examine(routes)
        let server = try #require(seen.servers.first)
        guard case .found(let addresses) = server.resolution else {
            Issue.record("localhost has an address")
            return
        }
        #expect(addresses.contains("127.0.0.1"))
        // Where the name has an address of either kind, each is tried by itself.
        let tried = server.routes.filter { $0.family != .ipv6 }
        #expect(
            tried.map { $0.failure?.cause } == [nil, .tlsSilent, .dropped, .intercepted])
        #expect(seen.proxy == "proxy.lab:3128")
        let commands = try good.commands()
        #expect(commands.allSatisfy { !$0.hasPrefix("AUTH") && !$0.hasPrefix("MAIL") })
        let diagnosis = Diagnosis(seen)
        #expect(diagnosis.canSend)
    }

    @Test func `the page tells an open web, a portal and silence apart, and the time`()
        async throws
    {
        func page(_ greeting: String) async throws -> NetworkObservations {
            let server = try await start(#"{"tls":"none","greeting":"\#(greeting)"}"#)
            return try await examine([], page: "http://127.0.0.1:\(server.port)/generate_204")
        }
        let open = try await page(
            #"HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 18:00:00 GMT\r\n"#)
        #expect(open.web == .open)
        let there = Timestamp(milliseconds: 1_795_284_000_000)
        let here = Environment.live().now()
        let ahead = try #require(open.clockAhead)
        #expect(abs((there.duration(to: here) - ahead).components.seconds) <= 60)
        let portal = try await page(#"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n"#)
        #expect(portal.web == .captive(status: 302))
        let port = try ClosedPort()
        let closed = try await examine([], page: "http://127.0.0.1:\(port.number)/")
        #expect(closed.web == .closed)
    }

    @Test func `a name that does not exist is a typo`() async throws {
        let route = try TransportFixture.route(465, host: "smtp.invalid")
        let seen = try await examine([route], host: "smtp.invalid")
        // Without a DNS to ask, the machine cannot know.
        #expect([.unknown, .failed].contains(seen.servers.first?.resolution))
        #expect(seen.servers.first?.routes.isEmpty == true)
    }
}
