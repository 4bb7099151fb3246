package import SyncCore

/// A mail that cannot be built as it was asked for.
///
/// Callers decide on ``code`` and ``field``. The explanation quotes nothing but an address
/// that the person typed, with anything unprintable made visible.
package struct MessageError: ExplainedError, Hashable {
    /// The kinds of refusal.
    package enum Code: String, Sendable, CaseIterable {
        /// An address does not have the form `name@domain`.
        case badAddress
        /// A domain is not a name of the DNS.
        case badDomain
        /// A value holds a line break, a NUL or another control character.
        case controlCharacter
        /// A single value is longer than ``limit`` bytes.
        case tooLong
        /// The attachments together are larger than ``limit`` bytes.
        case tooLarge
        /// Nothing usable is left of an attachment's name.
        case badAttachmentName
        /// A media type does not have the form `type/subtype`, or cannot be attached.
        case badMediaType
        /// There are more recipients than ``limit``.
        case tooManyRecipients
        /// There are more attachments than ``limit``.
        case tooManyAttachments
        /// Nobody would receive the mail.
        case noRecipients
        /// The built mail breaks a rule of SMTP: a defect of the program, not of the input.
        case notRenderable
    }

    /// The part of the mail that was refused.
    package enum Field: Hashable, Sendable {
        case to, cc, bcc, from, sender, replyTo, subject, text, html
        /// An attachment, counted from 1 as people do.
        case attachment(Int)
        /// The mail as a whole.
        case message
    }

    /// What kind of refusal this is.
    package let code: Code
    /// What was refused.
    package let field: Field
    /// The limit that was exceeded, if any.
    package let limit: Int?
    /// The address that was refused, as it may be shown.
    package let shown: String?

    package init(_ code: Code, in field: Field, limit: Int? = nil, typed: String? = nil) {
        self.code = code
        self.field = field
        self.limit = limit
        shown = typed.map(Self.printable)
    }

    package var exitStatus: ExitStatus { code == .notRenderable ? .software : .badData }

    package var explanation: LocalizedText {
        let place = field.name
        let problem = problem
        return LocalizedText(
            es: "No se aceptó el correo (\(place.es)): \(problem.es)",
            en: "The mail was not accepted (\(place.en)): \(problem.en)")
    }

    /// Shows control characters as their code, and cuts what is absurdly long.
    static func printable(_ text: String) -> String {
        let shownMaximum = 100
        var result = ""
        for scalar in text.unicodeScalars.prefix(shownMaximum) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                result += "‹\(String(scalar.value, radix: 16))›"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > shownMaximum ? result + "…" : result
    }
}

extension MessageError.Field {
    /// How the part is called when speaking to people.
    package var name: LocalizedText {
        switch self {
        case .to: LocalizedText(es: "destinatario", en: "recipient")
        case .cc: LocalizedText(es: "copia", en: "copy")
        case .bcc: LocalizedText(es: "copia oculta", en: "blind copy")
        case .from: LocalizedText(es: "remitente", en: "sender")
        case .sender: LocalizedText(es: "remitente real", en: "actual sender")
        case .replyTo: LocalizedText(es: "responder a", en: "reply to")
        case .subject: LocalizedText(es: "asunto", en: "subject")
        case .text: LocalizedText(es: "texto", en: "text")
        case .html: LocalizedText(es: "HTML", en: "HTML")
        case .attachment(let number):
            LocalizedText(es: "adjunto \(number)", en: "attachment \(number)")
        case .message: LocalizedText(es: "mensaje", en: "message")
        }
    }
}

extension MessageError {
    private var problem: LocalizedText {
        let address = shown ?? ""
        let limit = limit ?? 0
        switch code {
        case .badAddress:
            return LocalizedText(
                es: "«\(address)» no es una dirección. Escríbala como nombre@empresa.com.",
                en: "\"\(address)\" is not an address. Write it as name@company.com.")
        case .badDomain:
            return LocalizedText(
                es: "el dominio de «\(address)» no es válido. Revise lo que sigue a la arroba.",
                en: "the domain of \"\(address)\" is not valid. Check what follows the @ sign.")
        case .controlCharacter:
            return LocalizedText(
                es: "contiene un salto de línea u otro carácter de control. Quítelo.",
                en: "it holds a line break or another control character. Remove it.")
        case .tooLong:
            return LocalizedText(
                es: "pasa de \(limit) bytes. Acórtelo.",
                en: "it exceeds \(limit) bytes. Shorten it.")
        case .tooLarge:
            let megabytes = "\(limit / 1_048_576) MiB (\(limit) bytes)"
            return LocalizedText(
                es: "los adjuntos pasan de \(megabytes) en total. Envíe menos, o un enlace.",
                en: "the attachments exceed \(megabytes) in total. Send fewer, or a link.")
        case .badAttachmentName:
            return LocalizedText(
                es: "el nombre del archivo no se puede usar. Cámbielo por uno sencillo.",
                en: "the file name cannot be used. Change it to a simple one.")
        case .badMediaType:
            return LocalizedText(
                es: "el tipo de archivo no es válido. Escríbalo como application/pdf.",
                en: "the media type is not valid. Write it as application/pdf.")
        case .tooManyRecipients:
            return LocalizedText(
                es: "hay más de \(limit) destinatarios. Divida el envío.",
                en: "there are more than \(limit) recipients. Split the mail.")
        case .tooManyAttachments:
            return LocalizedText(
                es: "hay más de \(limit) adjuntos. Júntelos en un archivo.",
                en: "there are more than \(limit) attachments. Join them in one file.")
        case .noRecipients:
            return LocalizedText(
                es: "no tiene destinatarios. Indique al menos uno.",
                en: "it has no recipients. Name at least one.")
        case .notRenderable:
            return LocalizedText(
                es: "syncmail no pudo construirlo: es un defecto del programa. Avise a soporte.",
                en: "syncmail could not build it: this is a defect. Please report it.")
        }
    }
}
