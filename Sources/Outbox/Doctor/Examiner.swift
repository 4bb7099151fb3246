package import SyncCore

/// What the doctor is asked to look at.
package struct ExaminationPlan: Hashable, Sendable {
    /// A server, and the ways to try to it.
    package struct Target: Hashable, Sendable {
        package let host: ServerName
        package var routes: [Route]

        package init(host: ServerName, routes: [Route]) {
            self.host = host
            self.routes = routes
        }
    }

    package var servers: [Target]
    /// A page that must answer with HTTP 204, or nil if none shall be asked for.
    package var page: String?

    package init(servers: [Target], page: String?) {
        self.servers = servers
        self.page = page
    }
}

/// Looks at the network and at mail servers, without credentials and without a mail.
///
/// A test of what is concluded answers from memory; ``NetworkExaminer`` connects.
package protocol Examiner: Sendable {
    /// Looks at everything in the plan at the same time.
    ///
    /// - Parameters:
    ///   - plan: What to look at.
    ///   - progress: Told how many of how many looks are done.
    /// - Returns: What was seen.
    /// - Throws: `CancellationError` if the task is cancelled.
    func examine(
        _ plan: ExaminationPlan,
        progress: @Sendable (_ done: Int, _ total: Int) async -> Void
    ) async throws -> NetworkObservations
}

/// Looks over the real network.
package struct NetworkExaminer: Examiner {
    /// How long one way may take: two tries of TCP, and then some for the dialogue.
    package static let wayMaximum = Duration.seconds(7)
    private static let pageMaximum = Duration.seconds(5)
    /// How many connections are open at once: some firewalls take more for an attack.
    private static let waysAtOnce = 8

    private let settings: ConnectionSettings
    private let environment: Environment
    private let hasRoute: Bool
    private let proxy: String?

    /// Prepares to look.
    ///
    /// - Parameters:
    ///   - settings: The name to greet with, and the authorities to trust.
    ///   - hasRoute: Whether the machine has a default route.
    ///   - proxy: The proxy that the environment names; user and password are left out.
    ///   - environment: Time.
    package init(
        settings: ConnectionSettings, hasRoute: Bool, proxy: String?, environment: Environment
    ) {
        var settings = settings
        settings.connectMaximum = min(settings.connectMaximum, Self.wayMaximum)
        self.settings = settings
        self.hasRoute = hasRoute
        self.proxy = proxy.map { String($0.split(separator: "@").last ?? "") }
        self.environment = environment
    }

    package func examine(
        _ plan: ExaminationPlan,
        progress: @Sendable (_ done: Int, _ total: Int) async -> Void
    ) async throws -> NetworkObservations {
        var seen = NetworkObservations(hasRoute: hasRoute, proxy: proxy)
        if let page = plan.page { try await look(at: page, &seen) }
        let resolver = NameResolver()
        var ways: [(server: Int, route: Route, family: AddressFamily?)] = []
        for (index, server) in plan.servers.enumerated() {
            let resolution = await resolver.addresses(of: server.host)
            seen.servers.append(ServerObservation(host: server.host, resolution: resolution))
            guard case .found(let addresses) = resolution else { continue }
            for family in Self.families(of: addresses) {
                ways += server.routes.map { (index, $0, family) }
            }
        }
        let found = try await Self.atOnce(Self.waysAtOnce, ways.indices, progress) { [ways] index in
            try await self.look(at: ways[index].route, ways[index].family)
        }
        for (way, observation) in zip(ways, found) {
            seen.servers[way.server].routes.append(observation)
        }
        return seen
    }

    /// The kinds of addresses, each by itself when there are both.
    private static func families(of addresses: [String]) -> [AddressFamily?] {
        let families = Set(addresses.map(AddressFamily.init(of:)))
        return families.count > 1 ? [.ipv4, .ipv6] : [nil]
    }

    private func look(at page: String, _ seen: inout NetworkObservations) async throws {
        switch try await WebCheck().ask(page, within: Self.pageMaximum) {
        case .page(let time):
            seen.web = .open
            seen.clockAhead = time.map { $0.duration(to: environment.now()) }
        case .other(let status): seen.web = .captive(status: status)
        case .silence: seen.web = .closed
        }
    }

    private func look(at route: Route, _ family: AddressFamily?) async throws -> RouteObservation {
        try Task.checkCancellation()
        var settings = settings
        settings.family = family
        let connection = SMTPConnection(route: route, settings: settings, environment: environment)
        let start = environment.uptime()
        let result: Result<SMTPCapabilities, TransportFailure> =
            await withTaskCancellationHandler {
                do throws(TransportFailure) {
                    return .success(try await connection.open(credentials: nil))
                } catch {
                    return .failure(error)
                }
            } onCancel: {
                connection.cancel()
            }
        let elapsed = environment.uptime() - start
        await connection.quit()
        return RouteObservation(route: route, family: family, elapsed: elapsed, result: result)
    }

    /// Works on all of a list, some at a time.
    ///
    /// - Returns: The results in the order of the list.
    private static func atOnce<Value: Sendable>(
        _ count: Int, _ indices: Range<Int>,
        _ progress: @Sendable (_ done: Int, _ total: Int) async -> Void,
        _ work: @escaping @Sendable (Int) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var results: [Int: Value] = [:]
            var waiting = indices[...]
            for index in waiting.prefix(count) { group.addTask { (index, try await work(index)) } }
            waiting = waiting.dropFirst(count)
            while let (index, value) = try await group.next() {
                results[index] = value
                await progress(results.count, indices.count)
                if let next = waiting.popFirst() {
                    group.addTask { (next, try await work(next)) }
                }
            }
            return indices.compactMap { results[$0] }
        }
    }
}
