import Front
import Outbox
import SyncCore

/// `syncmail sendmail`: takes a complete mail from standard input, as `/usr/sbin/sendmail` does.
///
/// Exit 0 says that the mail is on stable storage, and nothing else says so: 64 and 65 (the
/// call or the mail is wrong), 67 (a name without a domain is nobody's), 75 (repeat it later)
/// and 77 (the login may not send) mean that it is not, unless the text of a 75 says that it is
/// not known. On success it is silent, because programs take any output for a complaint.
struct SendmailCommand: Command {
    static let name = "sendmail"
    static let summary = LocalizedText(
        es: "Poner en cola un correo completo, como /usr/sbin/sendmail: -t -i -oi -f -r; las demás "
            + "opciones de entrega se aceptan sin efecto.",
        en: "Queue a complete mail, as /usr/sbin/sendmail does: -t -i -oi -f -r; the other options "
            + "of delivery are accepted without effect.")
    static let operands = "[-t] [-i] [-f ADDRESS] [ADDRESS…]"

    let options: SendmailOptions

    init(reading arguments: inout Arguments) throws(UsageError) {
        let words = arguments.everything()
        options = try SendmailOptions(words, arguments)
        guard options.readsRecipients || !options.recipients.isEmpty else {
            throw arguments.error(
                es: "Faltan destinatarios: dé direcciones, o -t para tomarlas de To, Cc y Bcc.",
                en: "Recipients are missing: give addresses, or -t to take them from To, Cc and "
                    + "Bcc.")
        }
    }

    func run(in context: CommandContext) async throws {
        var rules = MessageIntake.Rules()
        rules.endsAtDot = !options.ignoresDots
        rules.readsRecipients = options.readsRecipients
        let bytes: [UInt8]
        do {
            bytes = try await context.terminal.readStandardInput(maximum: rules.byteCountMaximum)
        } catch let error as TerminalError {
            guard case .tooLong = error.code else { throw error }
            throw IntakeError(.tooLarge(limit: rules.byteCountMaximum))
        }
        let intake = try MessageIntake(reading: bytes, for: options.recipients, rules: rules)
        _ = try await SubmissionDesk(engine: context.engine).take(
            intake, from: .login(context.peer.uid), by: .sendmail,
            sender: options.sender.flatMap { Self.address($0) },
            submission: SubmissionID(validated: context.submission.bytes))
    }

    /// The address in `-f`; what is none, such as `root`, chooses nobody.
    private static func address(_ typed: String) -> MailAddress? {
        guard let entry = AddressList(typed)?.entries.first else { return nil }
        return MailAddress(stored: entry.address)
    }
}
