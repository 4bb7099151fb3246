import Outbox
import SyncCore

/// A state as people type it, in Spanish or English.
struct OutboxStateWord: Hashable, Sendable {
    let state: DeliveryState

    /// What the ledger and the log call a state is understood too.
    private static let aliases: [String: DeliveryState] = [
        "in_doubt": .unknown, "en_duda": .unknown, "claimed": .sending,
    ]

    /// Understands a word, in any case of letters.
    init?(_ text: String) {
        let word = text.lowercased()
        guard
            let state = Self.aliases[word]
                ?? DeliveryState.allCases.first(where: { $0.spanish == word || $0.english == word })
        else { return nil }
        self.init(state)
    }

    init(_ state: DeliveryState) {
        self.state = state
    }

    /// The states of the ledger under which such deliveries are found.
    ///
    /// The ledger tells less apart than people do, so what is found must be looked at again.
    var ledgerWords: [String] {
        switch state {
        case .queued, .deferred: ["queued", "reserved"]
        case .held: ["held"]
        case .sending: ["sending"]
        case .unknown: ["in_doubt"]
        case .failed: ["failed"]
        case .cancelled: ["cancelled"]
        case .sent, .delivered, .opened, .bounced, .complaint, .suppressed: ["sent"]
        }
    }
}

extension Arguments {
    /// Reads every option that names a state.
    mutating func states(_ option: String) throws(UsageError) -> [OutboxStateWord] {
        var states: [OutboxStateWord] = []
        for word in try options(option) {
            guard let state = OutboxStateWord(word) else {
                let (es, en) = (
                    DeliveryState.allCases.map(\.spanish), DeliveryState.allCases.map(\.english)
                )
                throw error(
                    es: "--\(option) es una de: \(es.joined(separator: ", ")).",
                    en: "--\(option) is one of: \(en.joined(separator: ", ")).")
            }
            states.append(state)
        }
        return states
    }
}
