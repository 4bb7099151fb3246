package import SyncCore
import Synchronization

/// The live way to mail servers: opens an account's secret, races its routes, and remembers
/// which one worked in this network.
package final class AccountTransport: MailTransport {
    /// An account, ready to be connected to.
    private struct Target {
        let account: AccountID
        let routes: [Route]
        let secret: SMTPSecret
        let settings: ConnectionSettings

        var credentials: SMTPCredentials {
            .password(user: secret.settings.login, secret.password)
        }
    }

    private let replica: Replica
    private let authorities: AuthorityFiles
    private let network: @Sendable () -> NetworkName
    private let memory = Mutex(RouteMemory())

    /// Prepares the way.
    ///
    /// - Parameters:
    ///   - replica: Where accounts and their secrets are.
    ///   - authorities: Where certificate authorities of accounts are written for libcurl.
    ///   - network: Tells which network the device is in.
    package init(
        replica: Replica, authorities: AuthorityFiles,
        network: @escaping @Sendable () -> NetworkName
    ) {
        self.replica = replica
        self.authorities = authorities
        self.network = network
    }

    /// The accounts whose secret this device can open.
    package func openable() async throws -> Set<AccountID> {
        try await replica.read { transaction in
            let identity = transaction.identity
            guard transaction.membership.may(identity.id, .sender) else { return [] }
            return Set(
                try transaction.directory.accounts().filter { account in
                    account.state == .active && account.sealedDevices.contains(identity.id)
                }.map(\.id))
        }
    }

    package func connect(to account: AccountID) async throws -> any MailSession {
        let target: Target
        do {
            target = try await self.target(account)
        } catch is SecretError {
            throw MailConnectionFailure(routes: [], fault: .configuration)
        }
        let key = key(of: target)
        let routes = memory.withLock { $0.ordered(target.routes, at: key) }
        let result = await RaceDriver(
            settings: target.settings, environment: replica.environment
        ).run(routes, credentials: target.credentials)
        let reports = result.failures.compactMap { report($0, of: target) }
        guard let connection = result.connection else {
            let refusal = result.failures.first(where: \.isAboutAccount)
            throw MailConnectionFailure(
                routes: reports, fault: refusal.map { _ in .authentication },
                cause: refusal?.cause.rawValue)
        }
        memory.withLock { $0.remember(connection.route, at: key) }
        return SMTPSession(connection: connection, routes: reports + [reached(connection, target)])
    }

    /// Tries every route by itself, without signing in, so that what is blocked is known before
    /// it is needed.
    package func probe(_ account: AccountID) async -> MailProbe {
        let target: Target
        do {
            target = try await self.target(account)
        } catch {
            return MailProbe(isReachable: false, routes: [])
        }
        let reports = await withTaskGroup(of: RouteReport?.self) { group in
            for route in target.routes {
                group.addTask { await self.try(route, of: target) }
            }
            return await group.reduce(into: []) { $0.append($1) }.compactMap(\.self)
        }
        return MailProbe(
            isReachable: reports.contains { $0.cause.isEmpty },
            routes: reports.sorted { ($0.port, $0.security) < ($1.port, $1.security) })
    }

    package func check(_ account: AccountID) async throws -> AccountFinding {
        let target = try await target(account)
        let tester = SMTPAccountTester(
            settings: target.settings, environment: replica.environment)
        return try await AccountCheck.run(with: target.secret, by: tester, isBrief: true).finding
    }

    private func `try`(_ route: Route, of target: Target) async -> RouteReport? {
        let environment = replica.environment
        let start = environment.uptime()
        let connection = SMTPConnection(
            route: route, settings: target.settings, environment: environment)
        return await withTaskCancellationHandler {
            do {
                _ = try await connection.open(credentials: nil)
                await connection.quit()
                let elapsed = environment.uptime() - start
                return RouteReport(
                    account: target.account, host: route.host.text, port: route.port,
                    security: route.security.rawValue, cause: "",
                    milliseconds: Int(clamping: elapsed.milliseconds))
            } catch let failure as TransportFailure {
                return report(failure, of: target)
            } catch {
                return nil
            }
        } onCancel: {
            connection.cancel()
        }
    }

    private func target(_ id: AccountID) async throws -> Target {
        let (secret, host, timings) = try await replica.read { transaction in
            guard let account = try transaction.directory.account(id), account.state == .active
            else { throw SecretError(.missing, account: id) }
            let secret = try SecretVault.open(account, by: transaction.identity)
            return (secret, account.authority, try Timings(transaction.config))
        }
        guard let server = ServerName(secret.settings.host), let name = MailDomain("localhost")
        else { throw SecretError(.incomplete, account: id) }
        var settings = ConnectionSettings(ehloName: name)
        settings.connectMaximum = timings.connect
        settings.authorityFile = try host.map { try authorities.file(for: $0) }
        return Target(
            account: id,
            routes: secret.settings.routes.map { route in
                Route(
                    host: server, port: route.port,
                    security: route.security == .implicit ? .implicit : .startTLS)
            },
            secret: secret, settings: settings)
    }

    private func key(of target: Target) -> RouteMemory.Key {
        RouteMemory.Key(host: target.routes[0].host, network: network())
    }

    private func reached(_ connection: SMTPConnection, _ target: Target) -> RouteReport {
        RouteReport(
            account: target.account, host: connection.route.host.text,
            port: connection.route.port, security: connection.route.security.rawValue, cause: "",
            milliseconds: 0)
    }

    /// What is worth recording of a failure; a race that was won first says nothing of a route.
    private func report(_ failure: TransportFailure, of target: Target) -> RouteReport? {
        guard failure.cause != .overtaken, failure.cause != .cancelled,
            let route = target.routes.first(where: { $0.port == failure.port })
        else { return nil }
        return RouteReport(
            account: target.account, host: failure.host, port: failure.port,
            security: route.security.rawValue, cause: failure.cause.rawValue,
            milliseconds: Int(clamping: failure.elapsed.milliseconds))
    }
}

/// A connection that speaks SMTP.
struct SMTPSession: MailSession {
    let connection: SMTPConnection
    let routes: [RouteReport]

    var server: MailServer {
        MailServer(
            host: connection.route.host.text, port: connection.route.port,
            security: connection.route.security.rawValue)
    }

    func deliver(
        next: () async throws -> MailTransaction?, dataBegins: (Int) async throws -> Void,
        finished: (Int, [TransactionOutcome]) async throws -> Void
    ) async throws {
        try await connection.deliver(
            next: { try await next().map(Self.mail) }, dataBegins: dataBegins,
            finished: { try await finished($0, Self.outcomes($1)) })
    }

    func takeDialogue(of id: Int) async -> [String] { await connection.takeTranscript(of: id) }

    private static func mail(_ transaction: MailTransaction) -> SMTPMail {
        SMTPMail(
            id: transaction.id, sender: transaction.sender, recipients: transaction.recipients,
            pieces: [transaction.bytes], hasInternationalHeader: transaction.isInternational)
    }

    /// A server that turns the sender away turns every recipient's copy away.
    private static func outcomes(_ outcomes: [SMTPOutcome]) -> [TransactionOutcome] {
        guard outcomes.allSatisfy(\.isAboutSender) else { return outcomes.map(outcome) }
        return outcomes.map { outcome in
            guard case .refused(_, let reply) = outcome else { return Self.outcome(outcome) }
            return .senderRefused(reply: reply.description)
        }
    }

    private static func outcome(_ outcome: SMTPOutcome) -> TransactionOutcome {
        switch outcome {
        case .accepted(let reply): .accepted(reply: reply.description)
        case .refused(let isPermanent, let reply):
            .refused(isPermanent: isPermanent, reply: reply.description)
        case .notSent(let interruption):
            .notSent(cause: interruption.code, reply: interruption.reply?.description)
        case .inDoubt(let interruption): .inDoubt(cause: interruption.code)
        }
    }
}
