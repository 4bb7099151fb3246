import SyncCore
import Testing
import TestThreads

@testable import Outbox

struct RouteRaceTests {
    private func failure(_ cause: TransportFailure.Cause) -> TransportFailure {
        TransportFailure(cause, host: "smtp.x.mx", port: 465, elapsed: .zero)
    }

    @Test func `the next route starts after 300 ms without a greeting`() {
        var race = RouteRace(routeCount: 2)
        #expect(race.handle(.start, at: .zero) == [.open(0)])
        #expect(race.deadline == .milliseconds(300))
        #expect(race.handle(.tick, at: .milliseconds(299)) == [])
        #expect(race.handle(.tick, at: .milliseconds(300)) == [.open(1)])
        #expect(race.deadline == nil)
        #expect(race.handle(.connected(1), at: .milliseconds(400)) == [.win(1), .cancel(0)])
        #expect(race.handle(.connected(0), at: .milliseconds(401)) == [])
    }

    @Test func `a greeting keeps the next route waiting, but not for ever`() {
        var race = RouteRace(routeCount: 2)
        _ = race.handle(.start, at: .zero)
        #expect(race.handle(.greeted(0), at: .milliseconds(200)) == [])
        #expect(race.handle(.tick, at: .milliseconds(300)) == [])
        #expect(race.handle(.tick, at: .milliseconds(3200)) == [.open(1)])
    }

    @Test func `a failure starts the next route at once, and the last one loses the race`() {
        var race = RouteRace(routeCount: 2)
        _ = race.handle(.start, at: .zero)
        #expect(race.handle(.failed(0, failure(.refused)), at: .zero) == [.open(1)])
        #expect(race.handle(.failed(1, failure(.dropped)), at: .zero) == [.lose])
        #expect(race.failures.map(\.cause) == [.refused, .dropped])
    }

    @Test func `a refused password is not tried on another port`() {
        var race = RouteRace(routeCount: 3)
        _ = race.handle(.start, at: .zero)
        _ = race.handle(.tick, at: .seconds(1))
        #expect(
            race.handle(.failed(0, failure(.badPassword)), at: .seconds(1)) == [.cancel(1), .lose])
        #expect(race.deadline == nil)
    }

    @Test func `a race without routes is lost at once`() {
        var race = RouteRace(routeCount: 0)
        #expect(race.handle(.start, at: .zero) == [.lose])
    }

    @Test func `what worked is tried first, in the network where it worked`() throws {
        let host = try #require(ServerName("smtp.x.mx"))
        let routes = Route.usual(to: host)
        let here = RouteMemory.Key(host: host, network: NetworkName("a"))
        let there = RouteMemory.Key(host: host, network: NetworkName("b"))
        var memory = RouteMemory()
        memory.remember(routes[1], at: here)
        #expect(memory.ordered(routes, at: here) == [routes[1], routes[0], routes[2]])
        #expect(memory.ordered(routes, at: there) == routes)
        // The account's administrator may since have forbidden the port.
        #expect(memory.ordered([routes[0]], at: here) == [routes[0]])
    }

    @Test func `memory is bounded and forgets the oldest`() throws {
        let host = try #require(ServerName("smtp.x.mx"))
        var memory = RouteMemory()
        for number in 0...RouteMemory.countMaximum {
            let key = RouteMemory.Key(host: host, network: NetworkName("\(number)"))
            memory.remember(Route.usual(to: host)[0], at: key)
        }
        #expect(memory.entries.count == RouteMemory.countMaximum)
        #expect(memory.entries.first?.key.network == NetworkName("1"))
    }

    @Test(arguments: [
        ("smtp.x.mx", "smtp.x.mx"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"),
        ("correo", "correo"), ("SMTP.AÑO.mx", "smtp.xn--ao-zja.mx"),
    ])
    func `a server's name goes into a URL as it is`(typed: String, url: String) {
        #expect(ServerName(typed)?.urlText == url)
    }

    @Test(arguments: ["", "a b", "a/b", "x.mx:25", "user@x.mx", "x.mx#", "x\0.mx", "-x", "1"])
    func `a name that would change the URL is refused`(typed: String) {
        #expect(ServerName(typed) == nil)
    }
}

/// The race over real connections.
@Suite(.realWorld)
struct RaceDriverTests {
    private func race(
        _ scripts: [(script: String, security: Route.Security)],
        headStart: Duration = .milliseconds(300)
    ) async throws -> (RaceDriver.Result, [Int]) {
        let certificate = try await offPool { try TestAuthority.trusted.get().localhost }
        var servers: [ScriptedServer] = []
        for row in scripts {
            servers.append(try await .start(row.script, certificate: certificate))
        }
        let routes = try zip(servers, scripts).map {
            try TransportFixture.route($0.port, $1.security)
        }
        var timing = RouteRace.Timing()
        timing.headStart = headStart
        let driver = RaceDriver(
            settings: try TransportFixture.settings(), timing: timing, environment: .live())
        let result = await driver.run(routes, credentials: TransportFixture.credentials())
        return (result, servers.map(\.port))
    }

    @Test func `a dropped port costs the head start, and is reported`() async throws {
        let (result, ports) = try await race([
            (#"{"dropped":1}"#, .implicit), (#"{"tls":"starttls"}"#, .startTLS),
        ])
        #expect(result.connection?.route.port == ports[1])
        #expect(result.capabilities.hasPipelining)
        #expect(result.failures.map(\.cause) == [.overtaken])
        #expect(result.failures.first?.port == ports[0])
    }

    @Test func `a port that opens and says nothing proves nothing`() async throws {
        let (result, ports) = try await race([
            (#"{"tls":"none","silent":1}"#, .startTLS), ("{}", .implicit),
        ])
        #expect(result.connection?.route.port == ports[1])
        #expect(result.failures.map(\.port) == [ports[0]])
    }

    @Test func `the first route wins alone when it works`() async throws {
        let (result, ports) = try await race(
            [("{}", .implicit), ("{}", .implicit)], headStart: .seconds(30))
        #expect(result.connection?.route.port == ports[0])
        #expect(result.failures.isEmpty)
    }

    @Test func `when all fail every cause is told`() async throws {
        let (result, _) = try await race(
            [
                (#"{"tls":"none"}"#, .implicit), (#"{"tls":"starttls","stripped":1}"#, .startTLS),
                (#"{"auth":"454 4.7.0 later"}"#, .implicit),
            ], headStart: .seconds(30))
        #expect(result.connection == nil)
        #expect(
            result.failures.map(\.cause) == [.wrongSecurity, .startTLSStripped, .authTemporary])
    }

    @Test func `a refused password ends the race`() async throws {
        let (result, _) = try await race(
            [(#"{"auth":"535 5.7.8 no"}"#, .implicit), ("{}", .implicit)],
            headStart: .seconds(30))
        #expect(result.connection == nil)
        #expect(result.failures.map(\.cause) == [.badPassword])
    }

    @Test func `a cancelled race ends at once`() async throws {
        let certificate = try await offPool { try TestAuthority.trusted.get().localhost }
        let server = try await ScriptedServer.start(#"{"dropped":1}"#, certificate: certificate)
        let routes = [try TransportFixture.route(server.port)]
        var settings = try TransportFixture.settings()
        settings.connectMaximum = .seconds(60)
        let driver = RaceDriver(settings: settings, environment: .live())
        let result = await withTaskGroup(of: RaceDriver.Result.self) { group in
            group.addTask { await driver.run(routes, credentials: nil) }
            group.cancelAll()
            return await group.next()
        }
        #expect(result?.connection == nil)
        #expect(result?.failures.map(\.cause) == [.cancelled])
    }
}
