package import SyncCore

/// What to do about an attempt that did not end well.
///
/// The server's own words count first, because they say most; then the cause that was found here.
package struct AttemptRemedy: Hashable, Sendable {
    /// The one next action.
    package let text: LocalizedText

    /// Finds it; there is none where nothing is wrong, or nobody can do anything.
    package init?(of detail: AttemptDetail) {
        if let reply = detail.reply, let found = RepeatedReply(in: reply),
            let code = DiagnosisCode(found.reply, at: .mail)
        {
            text = code.card.action
        } else if let cause = detail.cause, let known = AttemptCause(rawValue: cause) {
            guard let remedy = known.remedy else { return nil }
            text = remedy
        } else if let cause = detail.cause, let code = DiagnosisCode(rawValue: cause) {
            text = code.card.action
        } else {
            return nil
        }
    }
}

extension AttemptCause {
    /// What to do; nothing where the next attempt is the remedy.
    fileprivate var remedy: LocalizedText? {
        switch self {
        case .claimUnanswered, .notBegun, .serviceClosing, .protocolViolation: nil
        case .interrupted:
            LocalizedText(
                es: "Averigüe si llegó y decida: «syncmail outbox resolve ID --sent» o "
                    + "«--resend».",
                en: "Find out whether it arrived, and decide: “syncmail outbox resolve ID --sent” "
                    + "or “--resend”.")
        case .tooBig: DiagnosisCode.tooBig.card.action
        case .internationalNotOffered:
            LocalizedText(
                es: "Use una dirección sin acentos, o una cuenta cuyo servidor los admita.",
                en: "Use an address without accents, or an account whose server takes them.")
        case .eightBitNotOffered:
            LocalizedText(
                es: "Envíelo desde una cuenta cuyo servidor admita correo de 8 bits.",
                en: "Send it from an account whose server takes 8-bit mail.")
        }
    }
}
