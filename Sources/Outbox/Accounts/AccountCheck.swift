import SyncCore

/// What trying the routes of an account found.
package struct AccountCheck: Sendable {
    /// The routes that were tried, in that order.
    package let tests: [RouteTest]
    private let secret: SMTPSecret

    /// Tries an account's routes one after another.
    ///
    /// - Parameters:
    ///   - secret: What to sign in with.
    ///   - tester: Who tries.
    ///   - isBrief: Whether the first verdict is enough: a wrong password is then put to the
    ///     server once, not at each port, because some lock an account that fails often.
    /// - Returns: What was found.
    /// - Throws: `CancellationError`.
    package static func run(
        with secret: SMTPSecret, by tester: any AccountTester, isBrief: Bool
    ) async throws -> AccountCheck {
        var tests: [RouteTest] = []
        for route in secret.settings.routes {
            try Task.checkCancellation()
            let test = await tester.test(route, with: secret)
            tests.append(test)
            if isBrief, test.failure?.isAboutAccount ?? true { break }
        }
        return AccountCheck(tests: tests, secret: secret)
    }

    /// What it says of the account.
    package var outcome: AccountTest.Outcome { AccountTest.Outcome(tests) }

    /// The first route that works.
    package var workingRoute: AccountRoute? { tests.first { $0.failure == nil }?.route }

    /// What to write down of it.
    package var finding: AccountFinding {
        var finding = AccountFinding(outcome: outcome, proof: .signIn, mark: secret.mark)
        let telling =
            tests.first { $0.failure == nil } ?? tests.first { $0.failure?.isAboutAccount ?? false }
            ?? tests.first
        finding.cause = telling?.failure?.cause.rawValue
        finding.routes = ([telling].compactMap(\.self) + tests.filter { $0 != telling })
            .map(report)
        return finding
    }

    private func report(_ test: RouteTest) -> AccountTestReport.Route {
        AccountTestReport.Route(
            host: secret.settings.host, port: test.route.port,
            security: test.route.security.rawValue, cause: test.failure?.cause.rawValue ?? "",
            milliseconds: Int(clamping: test.elapsed.milliseconds))
    }
}

extension SMTPSecret {
    /// What a finding about it is about.
    package var mark: AccountMark { AccountMark(secret: stamp, settings: settings.digest) }
}
