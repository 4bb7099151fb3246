package import SyncCore

/// What a line of the log says happened.
///
/// The raw value is the stable identifier that programs read, that `--status` takes, and under
/// which the line is stored; people read ``name``.
package enum LogWord: String, Hashable, Sendable, CaseIterable {
    case queued
    case claimed
    case dataBegun = "data_begun"
    case sent
    case failed
    case refusedForNow = "refused_for_now"
    case notSent = "not_sent"
    case inDoubt = "in_doubt"
    case allowedAgain = "allowed_again"
    case declaredSent = "declared_sent"
    case cancelled
    case offered
    case returned
    case held
    case released
    case suspected
    case cleared
    case expired
    case extended
    /// Something that people are told, and that changes nothing.
    case note
    case routeFailed = "route_failed"
    case routeReached = "route_reached"
    /// A device was restored, copied or set back.
    case newLife = "new_life"
    /// Somebody changed what opens the replica of a device.
    case keysChanged = "keys_changed"
    /// Somebody tested an account on a device.
    case accountTested = "account_tested"
    /// A person knows what became of the mail.
    case acknowledged
    /// A record that this version cannot read.
    case unknownKind = "unknown_kind"

    /// The words that people read.
    package var name: LocalizedText {
        switch self {
        case .queued: LocalizedText(es: "en cola", en: "queued")
        case .claimed: LocalizedText(es: "enviando", en: "sending")
        case .dataBegun: LocalizedText(es: "entregando", en: "handing over")
        case .sent: LocalizedText(es: "enviado", en: "sent")
        case .failed: LocalizedText(es: "fallido", en: "failed")
        case .refusedForNow, .notSent: LocalizedText(es: "reintento", en: "deferred")
        case .inDoubt: LocalizedText(es: "incierto", en: "unknown")
        case .allowedAgain: LocalizedText(es: "otro envío permitido", en: "resend allowed")
        case .declaredSent: LocalizedText(es: "dado por enviado", en: "counted as sent")
        case .cancelled: LocalizedText(es: "cancelado", en: "cancelled")
        case .offered: LocalizedText(es: "en el servidor", en: "at the hub")
        case .returned: LocalizedText(es: "devuelto al origen", en: "back at its origin")
        case .held: LocalizedText(es: "retenido", en: "held")
        case .released: LocalizedText(es: "liberado", en: "let go")
        case .suspected: LocalizedText(es: "en duda", en: "doubted")
        case .cleared: LocalizedText(es: "duda resuelta", en: "doubt settled")
        case .expired: LocalizedText(es: "plazo vencido", en: "time is over")
        case .extended: LocalizedText(es: "sin plazo", en: "without an end")
        case .note: LocalizedText(es: "nota", en: "note")
        case .routeFailed: LocalizedText(es: "ruta cortada", en: "route blocked")
        case .routeReached: LocalizedText(es: "ruta libre", en: "route open")
        case .newLife: LocalizedText(es: "otra vida", en: "another life")
        case .unknownKind: LocalizedText(es: "tipo desconocido", en: "unknown kind")
        case .keysChanged: LocalizedText(es: "claves cambiadas", en: "keys changed")
        case .acknowledged: LocalizedText(es: "aviso visto", en: "alert acknowledged")
        case .accountTested: LocalizedText(es: "cuenta probada", en: "account tested")
        }
    }
}

extension DeliveryFact {
    /// What the log says of the fact.
    package var word: LogWord {
        switch self {
        case .claimed: .claimed
        case .dataBegun: .dataBegun
        case .concluded(_, let outcome): outcome.word
        case .allowedAgain: .allowedAgain
        case .declaredSent: .declaredSent
        case .cancelled: .cancelled
        case .custody(let turn): turn.isMultiple(of: 2) ? .returned : .offered
        case .hold(let turn): turn.isMultiple(of: 2) ? .released : .held
        case .suspicion(let turn): turn.isMultiple(of: 2) ? .cleared : .suspected
        case .expired(let turn): turn.isMultiple(of: 2) ? .extended : .expired
        }
    }
}

extension AttemptOutcome {
    /// What the log says of the outcome.
    fileprivate var word: LogWord {
        switch self {
        case .inDoubt: .inDoubt
        case .notSent: .notSent
        case .refusedTemporarily: .refusedForNow
        case .refusedPermanently: .failed
        case .accepted: .sent
        }
    }
}
