package import SyncCore

/// Why an attempt ended without a verdict of the server, where no connection failed to open.
///
/// The raw value is the stable code that records hold and programs read; see also
/// ``TransportFailure/Cause``.
package enum AttemptCause: String, Hashable, Sendable, CaseIterable {
    /// The claim was asked for and not answered.
    case claimUnanswered = "CLAIM_UNANSWERED"
    /// It was claimed ahead, and no connection was left that could make it.
    case notBegun = "NOT_BEGUN"
    /// The process that made it ended.
    case interrupted = "INTERRUPTED"
    /// The server sent something that is not an answer to what it was asked.
    case protocolViolation = "PROTOCOL_VIOLATION"
    /// The server announced that it closes the connection.
    case serviceClosing = "SERVICE_CLOSING"
    /// The mail is larger than the server's limit.
    case tooBig = "TOO_BIG"
    /// An address or header needs SMTPUTF8.
    case internationalNotOffered = "SMTPUTF8_NOT_OFFERED"
    /// The mail needs 8BITMIME.
    case eightBitNotOffered = "EIGHT_BIT_NOT_OFFERED"

    /// The cause in a few words, for a cell of a table.
    package var name: LocalizedText {
        switch self {
        case .claimUnanswered:
            LocalizedText(es: "el servidor no respondió", en: "the hub did not answer")
        case .notBegun: LocalizedText(es: "no se empezó", en: "not begun")
        case .interrupted: LocalizedText(es: "programa interrumpido", en: "program interrupted")
        case .protocolViolation:
            LocalizedText(es: "respuesta sin sentido", en: "senseless answer")
        case .serviceClosing:
            LocalizedText(es: "el servidor de correo cuelga", en: "mail server hangs up")
        case .tooBig: LocalizedText(es: "correo demasiado grande", en: "mail too big")
        case .internationalNotOffered:
            LocalizedText(es: "sin direcciones con acentos", en: "no international addresses")
        case .eightBitNotOffered: LocalizedText(es: "sin 8 bits", en: "no 8-bit mail")
        }
    }

    /// What people read instead of the code of a cause in the log.
    ///
    /// A code that this version does not know, because a newer one wrote it, is shown as it is.
    package static func name(ofCode code: String) -> LocalizedText {
        if let cause = AttemptCause(rawValue: code) { return cause.name }
        if let cause = TransportFailure.Cause(rawValue: code) { return cause.name }
        if let refusal = LedgerRefusal.Code(rawValue: code) { return refusal.name }
        if code == DeliveryReport.otherContentCause {
            return LocalizedText(es: "otro correo con ese nombre", en: "another mail of that name")
        }
        if code == DeliveryReport.quarantineCause {
            return LocalizedText(
                es: "cuarentena: equipo dado de baja", en: "quarantine: device revoked")
        }
        if let reason = FormerLife.Reason.allCases.first(where: { $0.word == code }) {
            return reason.name
        }
        if code == DeliveryReport.expiredCause {
            return LocalizedText(es: "se acabó el plazo", en: "its time is over")
        }
        if code == DeliveryReport.clockCause {
            return LocalizedText(
                es: "se acabó el plazo, o el reloj está mal",
                en: "its time is over, or the clock is wrong")
        }
        if code == DiagnosisCode.fromNotAllowed.rawValue {
            return LocalizedText(es: "remitente no permitido", en: "sender not allowed")
        }
        if code == DeliveryReport.rememberedCause {
            return LocalizedText(es: "el servidor lo recuerda", en: "the hub remembers it")
        }
        if SMTPStage.allCases.contains(where: { code == SMTPInterruption.timedOut($0).code }) {
            return TransportFailure.Cause.replyTimeout.name
        }
        return LocalizedText(es: code, en: code)
    }
}
