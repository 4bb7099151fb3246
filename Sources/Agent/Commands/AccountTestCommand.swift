import Outbox
import SyncCore

/// `syncmail account test`: signs in over every route of an account, and sends nothing.
struct AccountTestCommand: Command {
    static let name = "account test"
    static let summary = LocalizedText(
        es: "Probar una cuenta sin enviar nada.", en: "Test an account without sending.")
    static let operands = "ID"

    let account: AccountID

    init(reading arguments: inout Arguments) throws(UsageError) {
        account = try arguments.identifierOperand("ID")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try await run(in: context) { account, domain in
            var settings = ConnectionSettings(ehloName: domain)
            settings.authorityFile = try account.authority.map {
                try AuthorityFiles(directory: context.engine.home).file(for: $0)
            }
            return SMTPAccountTester(
                settings: settings, environment: context.engine.environment)
        }
    }

    /// Tests with a tester that is made for the account and the name to say hello with.
    func run(
        in context: CommandContext,
        making makeTester: (DirectoryAccount, MailDomain) throws -> any AccountTester
    ) async throws {
        let operation = try await context.operation()
        let (id, actor) = (account, operation.actor)
        let (account, domain, mayRecord) = try await operation.replica.read { transaction in
            (
                try DirectoryEditor(transaction, actor: actor).existing(id),
                try transaction.directory.domain(),
                transaction.membership.may(transaction.identity.id, .admin)
            )
        }
        let secret = try SecretVault.open(account, by: operation.replica.identity)
        guard let hello = domain ?? account.address?.domain else {
            throw SecretError(.incomplete, account: id)
        }
        let tester = try makeTester(account, hello)
        var tests: [RouteTest] = []
        for route in secret.settings.routes {
            try Task.checkCancellation()
            tests.append(await tester.test(route, with: secret))
        }
        let outcome = AccountTest.Outcome(tests)
        let test = AccountTest(
            outcome: outcome, time: context.engine.environment.now(), secret: secret.stamp,
            settings: secret.settings.digest)
        // Only what an administrator's device writes counts, so another one does not write.
        if mayRecord { try await operation.edit { try $0.record(test, of: id) } }
        // That it was tested, and what came of it, every device tells.
        try await operation.note(
            AccountTestReport(
                account: id, outcome: outcome.rawValue,
                routes: tests.map { test in
                    AccountTestReport.Route(
                        host: secret.settings.host, port: test.route.port,
                        security: test.route.security.rawValue,
                        cause: test.failure?.cause.rawValue ?? "",
                        milliseconds: Int(clamping: test.elapsed.milliseconds))
                }))
        await show(tests, outcome, in: context)
        guard outcome == .working else { throw AccountTestFailure(account: id, tests: tests) }
    }

    private func show(
        _ tests: [RouteTest], _ outcome: AccountTest.Outcome, in context: CommandContext
    ) async {
        if context.isJSON {
            await context.write([
                "account": .string(account.text), "outcome": .string(outcome.rawValue),
                "routes": .array(tests.map(Self.json)),
            ])
            return
        }
        var table = Table(
            [
                .words(es: "Ruta", en: "Route"), .words(es: "Resultado", en: "Result"),
                .numbers(es: "ms", en: "ms"), .words(es: "Explicación", en: "Explanation"),
            ], empty: LocalizedText(es: "No hay rutas.", en: "There are no routes."))
        for test in tests {
            table.add([
                test.route.description,
                (test.failure?.cause.name ?? Self.works).text(in: context.language),
                String(test.elapsed.milliseconds),
                test.failure?.explanation.text(in: context.language) ?? "",
            ])
        }
        await context.write(table)
    }

    private static let works = LocalizedText(es: "funciona", en: "works")

    private static func json(_ test: RouteTest) -> JSONValue {
        [
            "route": .string(test.route.description), "ok": .boolean(test.failure == nil),
            "cause": .optional(test.failure?.cause.rawValue),
            "milliseconds": .integer(test.elapsed.milliseconds),
            "explanation_es": .optional(test.failure?.explanation.es),
            "explanation_en": .optional(test.failure?.explanation.en),
        ]
    }
}

/// An account whose test failed on every route.
struct AccountTestFailure: ExplainedError {
    let account: AccountID
    private let outcome: AccountTest.Outcome

    init(account: AccountID, tests: [RouteTest]) {
        self.account = account
        outcome = AccountTest.Outcome(tests)
    }

    var explanation: LocalizedText {
        switch outcome {
        case .working, .authentication:
            LocalizedText(
                es: "El servidor rechaza el usuario o la contraseña de «\(account)». Póngalos "
                    + "de nuevo con «syncmail account set \(account) --password».",
                en: "The server refuses the user or password of “\(account)”. Enter them again "
                    + "with “syncmail account set \(account) --password”.")
        case .configuration:
            LocalizedText(
                es: "El servidor, el puerto o el cifrado de «\(account)» no es correcto.",
                en: "The server, port or encryption of “\(account)” is wrong.")
        case .network:
            LocalizedText(
                es: "Desde este equipo no se llega al servidor de «\(account)». Eso no dice nada "
                    + "de la cuenta: puede que otro equipo llegue.",
                en: "This device does not reach the server of “\(account)”. That says nothing "
                    + "about the account: another device may reach it.")
        }
    }

    var exitStatus: ExitStatus {
        switch outcome {
        case .working, .authentication, .configuration: .configuration
        case .network: .unavailable
        }
    }
}
