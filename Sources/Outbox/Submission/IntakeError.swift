package import SyncCore

/// Why a complete mail that a program handed in was not taken.
///
/// Nothing was stored. Values of headers are never quoted, only their names.
package struct IntakeError: ExplainedError, Hashable {
    /// The kinds of refusal.
    package enum Code: Hashable, Sendable {
        case nul
        /// A line of the header, counted from 1, is not a field.
        case badHeaderLine(Int)
        case headerTooLarge(limit: Int)
        /// A field holds bytes that are neither ASCII nor UTF-8.
        case notUTF8(String)
        case controlCharacter(String)
        /// A field that may stand once stands several times.
        case duplicate(String)
        /// A field with addresses cannot be read as such.
        case badAddresses(String)
        case badAddress(shown: String)
        /// A name without a domain belongs to nobody here.
        case unknownLocalName(shown: String)
        case noRecipients
        case tooManyRecipients(limit: Int)
        case tooLarge(limit: Int)
        /// A word of a field is longer than a line may be.
        case wordTooLong(String)
        /// A field that GMime keeps as it is holds bytes above 127.
        case notASCII(String)
        /// A line of a signed mail is too long to be sent unchanged.
        case signedLineTooLong
        /// The parts do not fit the boundary that the header names.
        case brokenMIME
        /// Answers can go to one address only.
        case severalReplyTo
        /// Recipients are to be taken from the header of a mail that was sent before.
        case resent
        /// A signed mail must say who signs it.
        case signedWithoutFrom
        /// What a field says about the time of the mail cannot be understood.
        case badWish(SendingWishes.Part)
        /// `X-Syncmail-Contact` is not KIND:ID.
        case badContact
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var exitStatus: ExitStatus {
        if case .unknownLocalName = code { .noSuchUser } else { .badData }
    }

    /// The enhanced status code of an SMTP reply (RFC 3463).
    package var enhancedStatus: String {
        switch code {
        case .nul, .badHeaderLine, .headerTooLarge, .notUTF8, .controlCharacter, .duplicate,
            .wordTooLong, .notASCII, .signedLineTooLong, .brokenMIME, .severalReplyTo, .resent,
            .signedWithoutFrom, .badWish, .badContact:
            "5.6.0"
        case .badAddresses, .badAddress: "5.1.3"
        case .unknownLocalName: "5.1.1"
        case .noRecipients: "5.5.1"
        case .tooManyRecipients: "5.5.3"
        case .tooLarge: "5.3.4"
        }
    }

    package var explanation: LocalizedText {
        let problem = problem
        return LocalizedText(
            es: "El correo no se aceptó: \(problem.es) No se guardó nada.",
            en: "The mail was not accepted: \(problem.en) Nothing was stored.")
    }

    private var problem: LocalizedText {
        switch code {
        case .nul:
            LocalizedText(
                es: "contiene un byte NUL. Codifique los archivos en base 64.",
                en: "it holds a NUL byte. Encode files in base 64.")
        case .badHeaderLine(let number):
            LocalizedText(
                es: "la línea \(number) de la cabecera no es «Nombre: valor». Falta la línea "
                    + "vacía antes del texto, o sobra un salto de línea.",
                en: "line \(number) of the header is not \"Name: value\". The empty line before "
                    + "the text is missing, or there is a line break too many.")
        case .headerTooLarge(let limit):
            LocalizedText(
                es: "la cabecera pasa de \(limit) bytes o de "
                    + "\(ArrivedHeader.fieldsMaximum) campos.",
                en: "the header exceeds \(limit) bytes or \(ArrivedHeader.fieldsMaximum) fields.")
        case .notUTF8(let name):
            LocalizedText(
                es: "la cabecera «\(name)» no es ASCII ni UTF-8. Codifíquela (RFC 2047).",
                en: "the header \"\(name)\" is neither ASCII nor UTF-8. Encode it (RFC 2047).")
        case .controlCharacter(let name):
            LocalizedText(
                es: "la cabecera «\(name)» contiene un carácter de control. Quítelo.",
                en: "the header \"\(name)\" holds a control character. Remove it.")
        case .duplicate(let name):
            LocalizedText(
                es: "la cabecera «\(name)» aparece más de una vez. Deje una.",
                en: "the header \"\(name)\" stands more than once. Leave one.")
        case .badAddresses(let name):
            LocalizedText(
                es: "la cabecera «\(name)» no es una lista de direcciones.",
                en: "the header \"\(name)\" is not a list of addresses.")
        case .severalReplyTo:
            LocalizedText(
                es: "«Reply-To» nombra más de una dirección. Deje una.",
                en: "\"Reply-To\" names more than one address. Leave one.")
        case .resent:
            LocalizedText(
                es: "con -t no se reenvía un correo con cabeceras «Resent-». Dé los destinatarios "
                    + "como argumentos.",
                en: "with -t a mail with \"Resent-\" headers is not sent again. Give the "
                    + "recipients as arguments.")
        case .badContact:
            LocalizedText(
                es: "«X-Syncmail-Contact» se escribe como «cliente:C-0042». Clases: "
                    + "\(MailContact.kinds).",
                en: "\"X-Syncmail-Contact\" is written as \"cliente:C-0042\". Kinds: "
                    + "\(MailContact.kinds).")
        case .signedWithoutFrom:
            LocalizedText(
                es: "está firmado y su «From» no es una dirección que se pueda usar.",
                en: "it is signed, and its \"From\" is not an address that can be used.")
        case .badWish(let part):
            LocalizedText(
                es: "«\(part.field)» se escribe como uno de estos: \(part.examples).",
                en: "\"\(part.field)\" is written like one of these: \(part.examples).")
        default: limitProblem
        }
    }

    private var limitProblem: LocalizedText {
        switch code {
        case .badAddress(let shown):
            LocalizedText(
                es: "«\(shown)» no es una dirección. Escríbala como nombre@empresa.com.",
                en: "\"\(shown)\" is not an address. Write it as name@company.com.")
        case .unknownLocalName(let shown):
            LocalizedText(
                es: "«\(shown)» no tiene dominio y no es una persona con correo en esta empresa. "
                    + "Déle uno con «syncmail user add \(shown) --email …» o escriba la dirección.",
                en: "\"\(shown)\" has no domain and is no person with an address here. Give it one "
                    + "with \"syncmail user add \(shown) --email …\", or write the address.")
        case .noRecipients:
            LocalizedText(
                es: "no tiene destinatarios.", en: "it has no recipients.")
        case .tooManyRecipients(let limit):
            LocalizedText(
                es: "tiene más de \(limit) destinatarios. Divídalo en varios.",
                en: "it has more than \(limit) recipients. Split it.")
        case .tooLarge(let limit):
            LocalizedText(
                es: "pasa de \(limit) bytes. Quite o reduzca los adjuntos.",
                en: "it exceeds \(limit) bytes. Remove or shrink attachments.")
        case .wordTooLong(let name):
            LocalizedText(
                es: "la cabecera «\(name)» tiene una palabra que no cabe en una línea de 998 "
                    + "bytes.",
                en: "the header \"\(name)\" has a word that does not fit a line of 998 bytes.")
        case .notASCII(let name):
            LocalizedText(
                es: "la cabecera «\(name)» contiene letras sin codificar. Codifíquela (RFC 2231).",
                en: "the header \"\(name)\" holds letters that are not encoded. Encode it "
                    + "(RFC 2231).")
        case .signedLineTooLong:
            LocalizedText(
                es: "está firmado y tiene una línea de más de 998 bytes, que no puede viajar sin "
                    + "cambios. Fírmelo codificado.",
                en: "it is signed and has a line of more than 998 bytes, which cannot travel "
                    + "unchanged. Sign it encoded.")
        default:
            LocalizedText(
                es: "sus partes no encajan con el separador que anuncia «Content-Type»: falta el "
                    + "final o está dañado.",
                en: "its parts do not fit the boundary that \"Content-Type\" names: the end is "
                    + "missing, or it is damaged.")
        }
    }
}
