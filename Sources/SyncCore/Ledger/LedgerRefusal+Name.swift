extension LedgerRefusal.Code {
    /// Why a ledger declined what it was asked, in a few words.
    package var name: LocalizedText {
        switch self {
        case .staleFence: LocalizedText(es: "sin permiso de envío", en: "lease ended")
        case .notInCustody: LocalizedText(es: "decide otro registro", en: "another ledger decides")
        case .notTheOrigin: LocalizedText(es: "es de otro equipo", en: "of another device")
        case .taken: LocalizedText(es: "la envía otro equipo", en: "another device sends it")
        case .wrongAttempt: LocalizedText(es: "otro intento", en: "another attempt")
        case .tooEarly: LocalizedText(es: "todavía no", en: "not yet")
        case .inDoubt: LocalizedText(es: "pudo haberse enviado", en: "may have been sent")
        case .sent: LocalizedText(es: "ya fue enviada", en: "sent already")
        case .failed: LocalizedText(es: "fue rechazada", en: "was refused")
        case .expired: LocalizedText(es: "plazo vencido", en: "its time is over")
        case .cancelled: LocalizedText(es: "fue cancelada", en: "was cancelled")
        case .held: LocalizedText(es: "está retenida", en: "is held")
        case .sending: LocalizedText(es: "se está enviando", en: "is being sent")
        case .nothingToResolve: LocalizedText(es: "nada que decidir", en: "nothing to decide")
        case .notTheSender: LocalizedText(es: "no lo envió ese equipo", en: "not its sender")
        case .attemptsExhausted: LocalizedText(es: "no más intentos", en: "no attempts left")
        case .contentGone: LocalizedText(es: "sin contenido", en: "contents gone")
        }
    }
}
