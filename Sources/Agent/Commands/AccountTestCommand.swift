import Outbox
import SyncCore

/// `syncmail account test`: signs in over every route of an account, and sends a mail if asked.
struct AccountTestCommand: Command {
    static let name = "account test"
    static let summary = LocalizedText(
        es: "Probar una cuenta, con --to también enviando.",
        en: "Test an account, with --to also by sending.")
    static let operands = "ID"
    static let options: [OptionHelp] = [
        .option(
            "to", "ADDRESS", es: "Enviar un correo de prueba a esta dirección.",
            en: "Send a test mail to this address.")
    ]

    let account: AccountID
    let recipient: MailAddress?

    init(reading arguments: inout Arguments) throws(UsageError) {
        recipient = try arguments.address("to")
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
        let (account, domain) = try await operation.replica.read { transaction in
            (
                try DirectoryEditor(transaction, actor: actor).existing(id),
                try transaction.directory.domain()
            )
        }
        let secret = try SecretVault.open(account, by: operation.replica.identity)
        guard let hello = domain ?? account.address?.domain else {
            throw SecretError(.incomplete, account: id)
        }
        let mail = try recipient.map {
            try TestMail(from: account, to: $0, in: context.engine.environment)
        }
        let tester = try makeTester(account, hello)
        let check = try await AccountCheck.run(with: secret, by: tester, isBrief: false)
        var report = AccountTestResult(account: id, check: check, recipient: recipient)
        var finding = check.finding
        if let mail, let route = check.workingRoute {
            let outcome = await tester.send(mail, over: route, with: secret)
            report.mail = outcome
            finding = finding.joined(by: outcome, to: mail.recipient)
        }
        if try await HealthLog(replica: operation.replica).note(
            finding, of: id, by: actor, isAsked: true)
        {
            operation.workspace.wakeSync()
        }
        await report.show(in: context)
        if let failure = report.failure { throw failure }
    }
}

extension AccountFinding {
    /// The finding, with what became of a mail that was sent after signing in.
    fileprivate func joined(
        by mail: TestMailOutcome, to recipient: MailAddress
    ) -> AccountFinding {
        var finding = AccountFinding(
            outcome: mail.verdict ?? outcome, proof: mail.verdict == nil ? proof : .mail,
            mark: mark)
        finding.cause = mail.cause ?? cause
        finding.routes = routes
        finding.recipient = recipient
        finding.reply = mail.reply
        return finding
    }
}
