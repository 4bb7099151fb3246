package import SyncCore

/// How a delivery is shown to people: the state of its ledger, and what was heard since.
///
/// It is a function of sets that only grow, so arrival order and repeated reports do not
/// matter. It decides nothing; decisions are made on ``LedgerState``.
package enum DeliveryState: String, Hashable, Sendable, CaseIterable {
    case queued
    case held
    case sending
    case deferred
    case unknown
    case sent
    case delivered
    case opened
    case bounced
    case failed
    case complaint
    case suppressed
    case cancelled

    /// The state of a delivery.
    ///
    /// - Parameters:
    ///   - record: What the ledger knows.
    ///   - evidence: What was heard from beyond the first server, in any order.
    package init(_ record: DeliveryRecord, evidence: some Sequence<DeliveryEvidence> = []) {
        let own = Self(ledger: record)
        self = evidence.lazy.map { Self($0.kind) }.reduce(own) { $1.outranks($0) ? $1 : $0 }
    }

    private init(ledger record: DeliveryRecord) {
        switch record.state {
        // A first attempt was made and will be made again.
        case .queued, .reserved: self = record.nextAttempt > 1 ? .deferred : .queued
        case .claimed: self = .sending
        case .inDoubt: self = .unknown
        case .sent: self = .sent
        case .failed, .expired: self = .failed
        case .cancelled: self = .cancelled
        case .held: self = .held
        }
    }

    private init(_ kind: DeliveryEvidence.Kind) {
        switch kind {
        case .deferred: self = .deferred
        case .sent: self = .sent
        case .delivered: self = .delivered
        case .opened: self = .opened
        case .bounced: self = .bounced
        case .failed: self = .failed
        case .complaint: self = .complaint
        case .suppressed: self = .suppressed
        }
    }

    /// How far along, or how bad, a state is; the highest that is known is shown.
    private var rank: Int {
        switch self {
        case .queued: 10
        case .held: 12
        case .suppressed: 14
        case .cancelled: 15
        case .sending: 20
        case .deferred: 30
        case .unknown: 35
        case .sent: 40
        case .delivered: 50
        case .opened: 60
        case .failed: 69
        case .bounced: 70
        case .complaint: 80
        }
    }

    private func outranks(_ other: DeliveryState) -> Bool { rank > other.rank }

    /// The Spanish word, as users know it.
    package var spanish: String {
        switch self {
        case .queued: "en_cola"
        case .held: "retenido"
        case .sending: "enviando"
        case .deferred: "reintento"
        case .unknown: "incierto"
        case .sent: "enviado"
        case .delivered: "entregado"
        case .opened: "abierto"
        case .bounced: "rebotado"
        case .failed: "fallido"
        case .complaint: "queja"
        case .suppressed: "suprimido"
        case .cancelled: "cancelado"
        }
    }

    /// The English word, which is also the identifier in JSON.
    package var english: String { rawValue }

    /// The word in each language.
    package var name: LocalizedText { LocalizedText(es: spanish, en: english) }

    /// Whether the outbox has nothing left to do; reports may still follow.
    package var isFinal: Bool {
        switch self {
        case .queued, .held, .sending, .deferred, .unknown: false
        case .sent, .delivered, .opened, .bounced, .failed, .complaint, .suppressed, .cancelled:
            true
        }
    }

    /// Whether a person must look at it.
    package var needsAttention: Bool {
        switch self {
        case .unknown, .bounced, .failed, .complaint, .suppressed, .held: true
        case .queued, .sending, .deferred, .sent, .delivered, .opened, .cancelled: false
        }
    }
}
