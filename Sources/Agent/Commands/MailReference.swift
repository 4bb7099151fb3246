import Outbox
import SyncCore

/// A mail as a person names it: by its name, or the beginning of it.
struct MailReference: Hashable, Sendable {
    let text: String

    /// How much of a name must be typed at least.
    private static let countMinimum = 4
    /// How long a whole name is.
    private static let countMaximum = 26

    /// Takes what was typed, unless it cannot be the beginning of a name.
    init?(_ text: String) {
        guard (Self.countMinimum...Self.countMaximum).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isLetterOrDigit })
        else { return nil }
        self.text = text
    }
}

extension MessageID {
    /// The beginning of the name that people type; it is unique among a company's mails.
    var short: String { String(description.prefix(10)) }
}

extension Arguments {
    /// Takes the operand that names a mail.
    mutating func mail() throws(UsageError) -> MailReference {
        try mail(try operand("ID"), "ID")
    }

    /// Reads an option that names a mail.
    mutating func mail(_ option: String) throws(UsageError) -> MailReference? {
        guard let text = try self.option(option) else { return nil }
        return try mail(text, "--\(option)")
    }

    /// Understands a mail's name.
    func mail(_ text: String, _ place: String) throws(UsageError) -> MailReference {
        guard let mail = MailReference(text) else {
            throw error(
                es: "\(place) es el nombre de un correo, o al menos sus 4 primeras letras y "
                    + "cifras.",
                en: "\(place) is the name of a mail, or at least its first 4 letters and digits.")
        }
        return mail
    }
}

/// Why a command about queued mails did nothing.
struct OutboxError: ExplainedError, Hashable {
    /// The kinds of reason.
    enum Code: Hashable, Sendable {
        /// No mail that the person may see has such a name.
        case noSuchMail(String)
        /// Several mails begin so.
        case ambiguous(String)
        /// The mail has no such recipient.
        case noSuchRecipient(Int)
        /// The mails of another person were asked for.
        case notYours(UserID)
        /// The mail was not handed over by a revoked device, or somebody has decided.
        case notQuarantined(String)
    }

    let code: Code

    init(_ code: Code) {
        self.code = code
    }

    var exitStatus: ExitStatus {
        switch code {
        case .noSuchMail, .ambiguous, .noSuchRecipient, .notQuarantined: .badData
        case .notYours: .notPermitted
        }
    }

    var explanation: LocalizedText {
        switch code {
        case .noSuchMail(let typed):
            LocalizedText(
                es: "No hay ningún correo «\(typed)». «syncmail outbox list» los enumera.",
                en: "There is no mail “\(typed)”. “syncmail outbox list” lists them.")
        case .ambiguous(let typed):
            LocalizedText(
                es: "Varios correos empiezan por «\(typed)». Escriba más de su nombre.",
                en: "Several mails begin with “\(typed)”. Type more of the name.")
        case .noSuchRecipient(let number):
            LocalizedText(
                es: "El correo no tiene un destinatario \(number). «syncmail outbox show» los "
                    + "numera.",
                en: "The mail has no recipient \(number). “syncmail outbox show” numbers them.")
        case .notQuarantined(let typed):
            LocalizedText(
                es: "El correo «\(typed)» no está en cuarentena. «syncmail quarantine list» los "
                    + "enumera.",
                en: "The mail “\(typed)” is not in quarantine. “syncmail quarantine list” lists "
                    + "them.")
        case .notYours(let user):
            LocalizedText(
                es: "No puede ver los correos de «\(user)». Pídalo a un administrador.",
                en: "You may not see the mails of “\(user)”. Ask an administrator.")
        }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
