package import SyncCore

/// What a test of one route found.
package struct RouteTest: Hashable, Sendable {
    package let route: AccountRoute
    /// What went wrong, or nil if the server accepted user and password.
    package let failure: TransportFailure?
    package let elapsed: Duration

    package init(route: AccountRoute, failure: TransportFailure?, elapsed: Duration) {
        self.route = route
        self.failure = failure
        self.elapsed = elapsed
    }
}

/// Tries the server of an account.
///
/// ``SMTPAccountTester`` does; a test of what is made of the results answers from memory.
package protocol AccountTester: Sendable {
    /// Tries one route.
    ///
    /// - Parameters:
    ///   - route: One of the secret's own routes.
    ///   - secret: What to sign in with.
    /// - Returns: What was found; a network that is down is a finding, too.
    func test(_ route: AccountRoute, with secret: SMTPSecret) async -> RouteTest

    /// Sends a mail over one route.
    ///
    /// - Parameters:
    ///   - mail: The mail.
    ///   - route: One of the secret's own routes.
    ///   - secret: What to sign in with.
    /// - Returns: What became of it.
    func send(
        _ mail: TestMail, over route: AccountRoute, with secret: SMTPSecret
    ) async -> TestMailOutcome
}

extension AccountTest.Outcome {
    /// What the tests of an account's routes say together.
    ///
    /// One route that works is enough. A verdict on the account counts only if the server gave
    /// it: a firewall between here and there says nothing against the account.
    package init(_ tests: [RouteTest]) {
        let failures = tests.compactMap(\.failure)
        if failures.count < tests.count {
            self = .working
        } else if failures.contains(where: \.isAboutAccount) {
            self = .authentication
        } else if !failures.isEmpty, failures.allSatisfy({ Self.isAboutSettings($0.cause) }) {
            self = .configuration
        } else {
            self = .network
        }
    }

    private static func isAboutSettings(_ cause: TransportFailure.Cause) -> Bool {
        switch cause {
        case .authNotOffered, .authMechanism, .wrongSecurity, .certificateName, .authorityFile:
            true
        default: false
        }
    }
}

/// Tests accounts over the network.
package struct SMTPAccountTester: AccountTester {
    private let settings: ConnectionSettings
    private let environment: Environment

    package init(settings: ConnectionSettings, environment: Environment) {
        self.settings = settings
        self.environment = environment
    }

    package func test(_ route: AccountRoute, with secret: SMTPSecret) async -> RouteTest {
        let start = environment.uptime()
        func result(_ failure: TransportFailure?) -> RouteTest {
            RouteTest(route: route, failure: failure, elapsed: environment.uptime() - start)
        }
        guard let connection = connection(route, secret) else {
            return result(
                TransportFailure(
                    .nameNotFound, host: secret.settings.host, port: route.port, elapsed: .zero))
        }
        return await withTaskCancellationHandler {
            do throws(TransportFailure) {
                try await connection.signIn(with: secret)
            } catch {
                return result(error)
            }
            await connection.quit()
            return result(nil)
        } onCancel: {
            connection.cancel()
        }
    }

    package func send(
        _ mail: TestMail, over route: AccountRoute, with secret: SMTPSecret
    ) async -> TestMailOutcome {
        guard let connection = connection(route, secret) else {
            return .notSent(cause: TransportFailure.Cause.nameNotFound.rawValue)
        }
        return await withTaskCancellationHandler {
            do {
                try await connection.signIn(with: secret)
                guard let outcome = try await connection.send(mail.mail) else {
                    return .notSent(cause: TransportFailure.Cause.connectionLost.rawValue)
                }
                return TestMailOutcome(outcome)
            } catch let failure as TransportFailure {
                return .notSent(cause: failure.cause.rawValue)
            } catch {
                return .notSent(cause: TransportFailure.Cause.cancelled.rawValue)
            }
        } onCancel: {
            connection.cancel()
        }
    }

    private func connection(_ route: AccountRoute, _ secret: SMTPSecret) -> SMTPConnection? {
        route.route(to: secret.settings.host).map {
            SMTPConnection(route: $0, settings: settings, environment: environment)
        }
    }
}

extension SMTPConnection {
    fileprivate func signIn(with secret: SMTPSecret) throws(TransportFailure) {
        _ = try open(credentials: .password(user: secret.settings.login, secret.password))
    }
}

extension AccountRoute {
    /// The whole way to a server, or nil if that is not the name of one.
    package func route(to host: String) -> Route? {
        ServerName(host).map { name in
            Route(
                host: name, port: port, security: security == .implicit ? .implicit : .startTLS)
        }
    }
}
