/// Why the hub did not grant a lease, and when to ask again.
package struct LeaseRefusal: Error, Hashable, Sendable {
    /// The kinds of refusal.
    package enum Code: String, Sendable, CaseIterable {
        /// Another device holds the lease, or its last claims may still be under way.
        case held
        /// The hub has just started and must let the leases of its former life run out.
        case quiet
        /// A device that already sends for other accounts is given the first chance.
        case preferred
    }

    /// The kind of refusal.
    package let code: Code
    /// The account that was asked for.
    package let account: AccountID
    /// How long to wait before asking again.
    package let retryAfter: Duration

    package init(_ code: Code, account: AccountID, retryAfter: Duration) {
        self.code = code
        self.account = account
        self.retryAfter = retryAfter
    }
}

extension LeaseRefusal: ExplainedError {
    package var exitStatus: ExitStatus { .tryLater }

    package var explanation: LocalizedText {
        switch code {
        case .held:
            LocalizedText(
                es: "Este equipo pidió enviar por la cuenta «\(account)», pero otro equipo ya lo "
                    + "está haciendo. No necesita hacer nada: volverá a pedirlo solo.",
                en: "This device asked to send for the account \"\(account)\", but another device "
                    + "is already doing so. You need do nothing: it will ask again by itself.")
        case .quiet:
            LocalizedText(
                es: "El servidor acaba de iniciar y espera a que terminen los permisos de envío "
                    + "anteriores de la cuenta «\(account)». Espere unos segundos.",
                en: "The server has just started and waits until earlier permissions to send for "
                    + "the account \"\(account)\" have ended. Wait a few seconds.")
        case .preferred:
            LocalizedText(
                es: "El equipo que ya envía por otras cuentas tiene prioridad para la cuenta "
                    + "«\(account)». Este equipo la tomará si aquel no la pide.",
                en: "The device that already sends for other accounts goes first for the account "
                    + "\"\(account)\". This device takes over if that one does not ask.")
        }
    }
}

extension LeaseRefusal: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(3)
        writer.text(code.rawValue)
        writer.value(account)
        writer.signed(retryAfter.milliseconds)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 3) == 3,
            let code = Code(rawValue: try reader.text(maximum: 16))
        else { throw CodingError(.value, in: "lease refusal") }
        self.code = code
        account = try reader.value()
        retryAfter = .milliseconds(try reader.signed())
    }
}
