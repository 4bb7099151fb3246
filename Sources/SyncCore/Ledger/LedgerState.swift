/// Where a delivery stands, derived from its facts and its reservation.
///
/// ```
///             reserve            claim                  accepted
///   queued ───────────▶ reserved ──────▶ claimed ──────────────▶ sent
///    ▲  ▲  fence ended │                  │  │ │ refused for good
///    │  └──────────────┘                  │  │ └─────────────────▶ failed
///    │        not sent, refused for now   │  │ silence, no verdict
///    ├────────────────────────────────────┘  └───────────────────▶ inDoubt
///    └── a person allows one more attempt, or the journal shows ◀────┘
///        that nothing was handed over
/// ```
/// `expired` is reached from queued and reserved. `held` and `cancelled` are reached from queued
/// and reserved, and from failed or in doubt after a person allowed one more attempt. `sent` is
/// never left.
package enum LedgerState: Hashable, Sendable {
    /// Waits to be sent, not before a time.
    case queued(notBefore: Timestamp)
    /// A device intends to send it. The reservation dies with the fence.
    case reserved(AttemptID)
    /// A device may hand over the body. Without news it comes in doubt at a time.
    case claimed(AttemptID, doubtAt: Timestamp)
    /// The body may have been handed over. The attempt is nil if the ledger itself may have
    /// forgotten attempts.
    case inDoubt(AttemptID?)
    /// The server took it, or a person declared that it did.
    case sent
    /// The server refused it for good.
    case failed(AttemptID)
    /// The time that its sender gave it was over before a server took it.
    case expired
    /// A person cancelled it.
    case cancelled
    /// A person or rule keeps it back.
    case held

    /// Whether nothing more will happen unless a person asks for it.
    package var isFinal: Bool {
        switch self {
        case .sent, .failed, .expired, .cancelled: true
        case .queued, .reserved, .claimed, .inDoubt, .held: false
        }
    }
}

/// Which ledger decides about a delivery.
package enum LedgerKeeper: UInt8, Hashable, Sendable {
    /// The device on which the mail was queued.
    case origin
    /// The hub, from the origin's `offered` record on.
    case hub
}
