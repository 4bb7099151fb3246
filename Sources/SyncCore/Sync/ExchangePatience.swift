/// How long a hub is believed that says after every exchange that there is more.
///
/// An honest one ends: there are only so many records. Each exchange that brings something new,
/// or hands over what was not handed over yet, is none of those that are counted.
package struct ExchangePatience: Sendable {
    /// How many exchanges may bring nothing new and go on.
    ///
    /// A hub may pass over what a device received in a file, a reply's worth at a time.
    package static let fruitlessMaximum = 128
    /// How often a signed history may be put in another one's place.
    package static let mendsMaximum = 16

    private var fruitless = 0
    private var mends = 0
    private var sent = VersionVector()

    package init() {}

    /// Takes an exchange into account after which there is more.
    ///
    /// - Throws: ``EndlessExchange`` if there will always be more.
    package mutating func note(_ outcome: SyncExchange.Outcome) throws(EndlessExchange) {
        mends += outcome.mended
        let isNew =
            outcome.received > 0 || outcome.hasNewMembership || !sent.contains(outcome.sent)
        sent.formUnion(outcome.sent)
        fruitless += isNew ? 0 : 1
        guard fruitless <= Self.fruitlessMaximum, mends <= Self.mendsMaximum else {
            throw EndlessExchange()
        }
    }
}

/// A hub that never ends an exchange.
package struct EndlessExchange: Error, Hashable, Sendable {}

extension EndlessExchange: ExplainedError {
    package var explanation: LocalizedText {
        LocalizedText(
            es: "La sincronización se detuvo: el servidor dice una y otra vez que falta algo, y "
                + "no trae nada nuevo. Lo recibido quedó guardado y se reintentará solo; si se "
                + "repite, avise a quien administra el servidor y revise «syncmail status».",
            en: "Synchronisation stopped: the hub says again and again that there is more, and "
                + "brings nothing new. What was received is stored, and it will be tried again; "
                + "if this repeats, tell whoever runs the hub, and look at 'syncmail status'.")
    }

    package var exitStatus: ExitStatus { .unavailable }
}
