package import SyncCore

/// How a message is shown: the states of its recipients, taken together.
package struct MessageState: Hashable, Sendable {
    /// The states, each with how many recipients have it, in the order of ``DeliveryState``.
    package let counts: [(state: DeliveryState, count: Int)]

    /// Takes the states of all recipients, in any order.
    package init(_ recipients: some Sequence<DeliveryState>) {
        var numbers: [DeliveryState: Int] = [:]
        for state in recipients { numbers[state, default: 0] += 1 }
        counts = DeliveryState.allCases.compactMap { state in
            numbers[state].map { (state, $0) }
        }
    }

    /// The state that all recipients share, if they do.
    package var uniform: DeliveryState? { counts.count == 1 ? counts[0].state : nil }

    /// How many recipients there are.
    package var recipientCount: Int { counts.reduce(0) { $0 + $1.count } }

    /// To how many recipients the mail went out, whatever was heard of it later.
    package var sentCount: Int {
        counts.reduce(0) { sum, entry in
            switch entry.state {
            case .sent, .delivered, .opened, .bounced, .complaint: sum + entry.count
            case .queued, .held, .sending, .deferred, .unknown, .failed, .suppressed, .cancelled:
                sum
            }
        }
    }

    /// Whether the outbox has nothing left to do for any recipient.
    package var isFinal: Bool { counts.allSatisfy { $0.state.isFinal } }

    /// Whether a person must look at one of them.
    package var needsAttention: Bool { counts.contains { $0.state.needsAttention } }

    /// What to show: the state, or how many of the recipients have each.
    package var name: LocalizedText {
        if let uniform { return uniform.name }
        return LocalizedText(
            es: "parcial: "
                + counts.map { "\($0.count) \($0.state.spanish)" }.joined(separator: ", "),
            en: "partial: "
                + counts.map { "\($0.count) \($0.state.english)" }.joined(separator: ", "))
    }

    package static func == (a: MessageState, b: MessageState) -> Bool {
        a.counts.elementsEqual(b.counts) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (state, count) in counts {
            hasher.combine(state)
            hasher.combine(count)
        }
    }
}
