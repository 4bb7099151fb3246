import Outbox
import SyncCore

/// What a test of an account found, and what that proves.
struct AccountTestResult {
    let account: AccountID
    let check: AccountCheck
    /// Who a test mail was to go to.
    let recipient: MailAddress?
    /// What became of it; nothing if none was sent.
    var mail: TestMailOutcome?

    /// Why the command fails, or nil if everything that was asked for worked.
    var failure: (any ExplainedError)? {
        guard check.outcome == .working else {
            return AccountTestFailure(account: account, outcome: check.outcome)
        }
        guard let mail, let recipient else { return nil }
        if case .accepted = mail { return nil }
        return TestMailFailure(account: account, recipient: recipient, outcome: mail)
    }

    func show(in context: CommandContext) async {
        if context.isJSON {
            await context.write(json)
            return
        }
        var table = Table(
            [
                .words(es: "Ruta", en: "Route"), .words(es: "Etapas", en: "Stages"),
                .words(es: "Resultado", en: "Result"), .numbers(es: "ms", en: "ms"),
                .words(es: "Explicación", en: "Explanation"),
            ], empty: LocalizedText(es: "No hay rutas.", en: "There are no routes."))
        for test in check.tests {
            table.add([
                test.route.description,
                test.stages.map { stage, isPassed in
                    "\(stage.title.text(in: context.language)) \(isPassed ? "✓" : "✗")"
                }.joined(separator: ", "),
                (test.failure?.cause.name ?? Self.works).text(in: context.language),
                String(test.elapsed.milliseconds),
                test.failure?.explanation.text(in: context.language) ?? "",
            ])
        }
        await context.write(table)
        if let proof { await context.write(proof) }
    }

    private static let works = LocalizedText(es: "funciona", en: "works")

    /// What was shown, and what was not.
    private var proof: LocalizedText? {
        guard check.outcome == .working else { return nil }
        guard let mail, let recipient else {
            return LocalizedText(
                es: "Probado: el servidor acepta el usuario y la contraseña. No se probó a "
                    + "enviar: hágalo con --to.",
                en: "Proven: the server accepts the user and the password. Sending was not "
                    + "tried: do so with --to.")
        }
        guard case .accepted(let reply) = mail else { return nil }
        return LocalizedText(
            es: "Probado: el servidor aceptó un correo para \(recipient) [\(reply)]. Aceptado no "
                + "es entregado: pregunte a \(recipient) si le llegó, también en correo no "
                + "deseado.",
            en: "Proven: the server accepted a mail for \(recipient) [\(reply)]. Accepted is not "
                + "delivered: ask \(recipient) whether it arrived, junk mail included.")
    }

    /// The same in a word that programs read.
    private var proven: String? {
        guard check.outcome == .working else { return nil }
        if case .accepted = mail { return "accepted" }
        return "sign_in"
    }

    private var json: JSONValue {
        [
            "account": .string(account.text), "outcome": .string(check.outcome.rawValue),
            "proven": .optional(proven), "routes": .array(check.tests.map(Self.json)),
            "mail": mailJSON,
        ]
    }

    private var mailJSON: JSONValue {
        guard let mail else { return .null }
        return [
            "to": .optional(recipient?.text), "state": .string(mail.word),
            "reply": .optional(mail.reply), "cause": .optional(mail.cause),
        ]
    }

    private static func json(_ test: RouteTest) -> JSONValue {
        [
            "route": .string(test.route.description), "ok": .boolean(test.failure == nil),
            "stages": .array(
                test.stages.map { stage, isPassed in
                    ["stage": .string(stage.rawValue), "ok": .boolean(isPassed)]
                }),
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
    let outcome: AccountTest.Outcome

    var explanation: LocalizedText {
        switch outcome {
        case .working, .authentication, .sender:
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
        case .working, .authentication, .configuration, .sender: .configuration
        case .network: .unavailable
        }
    }
}

/// A test mail that was not accepted.
struct TestMailFailure: ExplainedError {
    let account: AccountID
    let recipient: MailAddress
    let outcome: TestMailOutcome

    var explanation: LocalizedText {
        let words = outcome.reply.map { " [\($0)]" } ?? ""
        switch outcome {
        case .accepted, .senderRefused:
            return LocalizedText(
                es: "El servidor acepta la contraseña de «\(account)», pero no la deja enviar "
                    + "desde su dirección. Corríjala con «syncmail account set \(account) "
                    + "--address».\(words)",
                en: "The server accepts the password of “\(account)”, and does not let it send "
                    + "from its address. Correct that with “syncmail account set \(account) "
                    + "--address”.\(words)")
        case .refused:
            return LocalizedText(
                es: "El servidor acepta la contraseña de «\(account)», y rechazó el correo para "
                    + "\(recipient).\(words)",
                en: "The server accepts the password of “\(account)”, and refused the mail for "
                    + "\(recipient).\(words)")
        case .inDoubt(let cause):
            return LocalizedText(
                es: "No se sabe si el correo de prueba salió: la conexión se cortó antes de la "
                    + "respuesta (\(cause)). Pregunte a \(recipient) antes de repetir.",
                en: "Whether the test mail left is unknown: the connection broke before the "
                    + "answer (\(cause)). Ask \(recipient) before you repeat it.")
        case .notSent(let cause):
            return LocalizedText(
                es: "El correo de prueba no salió (\(cause)). Pruebe de nuevo.",
                en: "The test mail was not sent (\(cause)). Try again.")
        }
    }

    var exitStatus: ExitStatus {
        switch outcome {
        case .accepted, .senderRefused: .configuration
        case .refused(isPermanent: true, _): .badData
        case .refused(isPermanent: false, _), .inDoubt, .notSent: .tryLater
        }
    }
}
