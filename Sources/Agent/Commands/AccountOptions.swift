import Outbox
import SyncCore

/// The options that `account add` and `account set` have in common.
struct AccountOptions: Sendable {
    static let help: [OptionHelp] = [
        .option("address", "ADDRESS", es: "Correo de la cuenta.", en: "The account's address."),
        .option("host", "HOST", es: "Servidor SMTP.", en: "The SMTP server."),
        .option(
            "route", "PORT/MODE", isRepeatable: true,
            es: "Puerto y cifrado: 465/implicit o 587/starttls.",
            en: "Port and encryption: 465/implicit or 587/starttls."),
        .option("name", "NAME", es: "Nombre junto al correo.", en: "The name beside it."),
        .option(
            "login", "LOGIN", es: "Usuario del servidor (el correo, si falta).",
            en: "The server's user name (the address if left out)."),
        AuthorityOption.help,
        .flag(
            "password-stdin", es: "Leer la contraseña de la entrada estándar.",
            en: "Read the password from standard input."),
    ]

    let change: AccountChange
    let authority: AuthorityOption
    let readsStandardInput: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        var change = AccountChange()
        change.address = try arguments.address("address")
        change.host = try arguments.host("host")
        change.routes = try arguments.routes()
        change.name = try arguments.line("name", maximum: Mailbox.nameByteCountMaximum)
        change.login = try arguments.line(
            "login", maximum: AccountSettings.loginByteCountMaximum)
        self.change = change
        authority = try AuthorityOption(reading: &arguments)
        readsStandardInput = try arguments.flag("password-stdin")
    }

    /// What to write, the certificate authority included.
    func completeChange(in context: CommandContext) async throws -> AccountChange {
        var change = change
        let pem = try await authority.read(
            in: context, maximum: CertificateAuthority.byteCountMaximum)
        if let pem { change.authority = pem }
        return change
    }

    /// Takes the password from standard input or the terminal; never from an argument.
    func password(of account: AccountID, in context: CommandContext) async throws -> SecretBytes {
        try await context.secret(
            LocalizedText(
                es: "Contraseña de la cuenta «\(account)»",
                en: "Password of the account “\(account)”"),
            fromStandardInput: readsStandardInput)
    }
}
