/// Why a ledger did not do what it was asked.
///
/// A refusal changes nothing. Callers decide on ``code``; people read ``explanation``.
package struct LedgerRefusal: Error, Hashable, Sendable {
    /// The kinds of refusal that call for different reactions.
    package enum Code: String, Sendable, CaseIterable {
        /// The grant is not the account's current one, or has ended. Ask for a new lease.
        case staleFence
        /// Another ledger decides about this delivery.
        case notInCustody
        /// Only the device on which it was queued can take it back.
        case notTheOrigin
        /// Another device intends to send it, or is sending it.
        case taken
        /// Another attempt is next; reserve again to learn its number.
        case wrongAttempt
        /// The time of the next attempt has not come.
        case tooEarly
        /// It may have been sent. A person decides first.
        case inDoubt
        /// It was sent.
        case sent
        /// The server refused it for good. A person may ask for another attempt.
        case failed
        /// The time that its sender gave it is over. A person may ask for another attempt.
        case expired
        /// It was cancelled.
        case cancelled
        /// It is held. Release it first.
        case held
        /// It is being handed over at this moment.
        case sending
        /// There is no attempt, refused or in doubt, that a decision could be about.
        case nothingToResolve
        /// The reporter is not the device that made the attempt.
        case notTheSender
        /// It was tried as often as is allowed.
        case attemptsExhausted
        /// Its contents are not, or no longer, on the device on which it was queued.
        case contentGone
    }

    /// The kind of refusal.
    package let code: Code
    /// Which delivery it is about.
    package let delivery: DeliveryID

    package init(_ code: Code, _ delivery: DeliveryID) {
        self.code = code
        self.delivery = delivery
    }
}

extension LedgerRefusal: ExplainedError {
    package var exitStatus: ExitStatus {
        switch code {
        case .staleFence, .taken, .wrongAttempt, .tooEarly, .sending, .notInCustody: .tryLater
        case .inDoubt, .sent, .failed, .expired, .cancelled, .held, .nothingToResolve, .contentGone:
            .badData
        case .notTheSender, .notTheOrigin: .notPermitted
        case .attemptsExhausted: .unavailable
        }
    }

    package var explanation: LocalizedText {
        // People count recipients from 1, as lists show them.
        let what = "\(delivery.message)/\(delivery.recipient + 1)"
        let (es, en) = reason
        return LocalizedText(es: "Entrega \(what): \(es)", en: "Delivery \(what): \(en)")
    }

    private var reason: (es: String, en: String) {
        switch code {
        case .staleFence:
            (
                "este equipo ya no tiene el permiso de envío de la cuenta. Volverá a pedirlo solo.",
                "this device no longer holds the permission to send for the account. It will ask "
                    + "again by itself."
            )
        case .notInCustody:
            (
                "decide otro registro; la petición se le hará llegar. Para recuperarla por fuerza "
                    + "use «syncmail outbox recall --force».",
                "another ledger decides; it will be asked. To take it back by force use "
                    + "\"syncmail outbox recall --force\"."
            )
        case .notTheOrigin:
            (
                "se puso en cola en otro equipo. Recupérela allí.",
                "it was queued on another device. Take it back there."
            )
        case .taken:
            ("otro equipo la está enviando.", "another device is sending it.")
        case .wrongAttempt:
            (
                "el número de intento no es el siguiente. Se reserva de nuevo.",
                "the attempt number is not the next one. Reserve it again."
            )
        case .tooEarly:
            (
                "todavía no llega la hora del próximo intento. Para no esperar use "
                    + "«syncmail outbox retry».",
                "the time of the next attempt has not come. To wait no longer use "
                    + "\"syncmail outbox retry\"."
            )
        case .inDoubt:
            (
                "pudo haberse enviado y no se repite sin una decisión. Verifique con el "
                    + "destinatario y use «syncmail outbox resolve».",
                "it may have been sent and is not repeated without a decision. Check with the "
                    + "recipient and use \"syncmail outbox resolve\"."
            )
        case .sent: ("ya fue enviada.", "it was sent already.")
        case .failed:
            (
                "el servidor la rechazó. Corrija la causa y use «syncmail outbox retry».",
                "the server refused it. Remedy the cause and use \"syncmail outbox retry\"."
            )
        case .expired:
            (
                "se le acabó el plazo. Use «syncmail outbox retry» para intentarla otra vez.",
                "its time is over. Use \"syncmail outbox retry\" to try it again."
            )
        case .cancelled: ("fue cancelada.", "it was cancelled.")
        case .held:
            (
                "está retenida. Use «syncmail outbox release» para que salga.",
                "it is held. Use \"syncmail outbox release\" to let it go."
            )
        case .sending:
            (
                "se está enviando en este momento. Espere el resultado.",
                "it is being sent at this moment. Wait for the outcome."
            )
        case .nothingToResolve:
            (
                "no tiene un intento en duda o rechazado sobre el cual decidir.",
                "it has no attempt, in doubt or refused, to decide about."
            )
        case .notTheSender:
            (
                "el informe no viene del equipo que hizo el intento, y se descarta.",
                "the report does not come from the device that made the attempt, and is dropped."
            )
        case .attemptsExhausted:
            (
                "alcanzó el máximo de intentos. Cree un correo nuevo.",
                "it reached the maximum of attempts. Queue a new mail."
            )
        case .contentGone:
            (
                "su contenido ya no está en el equipo donde se puso en cola: se borró por su "
                    + "plazo, o el equipo volvió a un estado anterior. Cree un correo nuevo; para "
                    + "cerrar este use «syncmail outbox cancel».",
                "its contents are no longer on the device on which it was queued: their time was "
                    + "over, or the device went back to an earlier state. Queue a new mail; to "
                    + "close this one use \"syncmail outbox cancel\"."
            )
        }
    }
}
