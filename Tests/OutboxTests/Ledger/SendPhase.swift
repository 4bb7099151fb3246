import Outbox
import SyncCore

/// Where in the sending of a mail a device can end.
///
/// ```
/// queued ▶ offered ▶ reserved ▶ intended ▶ claimed ▶ connected
///                                                        ▼
///                     concluded ◀ answered ◀ handedOver ◀ begun
///                                 └──────── in doubt ─────────┘
/// ```
enum SendPhase: String, CaseIterable, Sendable {
    /// The mail is in the outbox.
    case queued
    /// The origin has committed the offer; the hub has not seen it.
    case offered
    /// The ledger has answered which deliveries are reserved.
    case reserved
    /// The journal holds which attempts will be claimed; the ledger was not asked.
    case intended
    /// The ledger has granted attempts; nobody knows it here.
    case claimed
    /// A mail was given to the connection; its body may not go yet.
    case connected
    /// The journal holds "data begun"; no byte of the body has gone.
    case begun
    /// The server has the whole mail; its answer is under way.
    case handedOver
    /// The answer is known and not written down.
    case answered
    /// The outcome is written down.
    case concluded

    /// Whether a device that ends here for the first time has begun no body.
    var isBeforeData: Bool {
        switch self {
        case .queued, .offered, .reserved, .intended, .claimed, .connected: true
        case .begun, .handedOver, .answered, .concluded: false
        }
    }
}

/// Where the mails of a test go.
protocol MailPost: Sendable {
    /// The recipients to whom a body may have gone.
    var begun: Set<String> { get }
    /// How many copies each recipient has.
    var copies: [String: Int] { get throws }
    /// The way there of one life of a device.
    func way(of killer: Killer) -> any MailTransport
}

/// A ledger during whose answers a device may end.
struct PhasedLedger: Ledger {
    let ledger: any Ledger
    let killer: Killer

    var claimsAtOnce: Int { ledger.claimsAtOnce }

    func lease(_ requests: [LeaseRequest]) async throws -> [LeaseReply] {
        try await ledger.lease(requests)
    }

    func reserve(_ leases: [HeldLease], maximum: Int) async throws -> [Reservation] {
        let reservations = try await ledger.reserve(leases, maximum: maximum)
        try await killer.pass(.reserved)
        return reservations
    }

    func release(_ releases: [ReleaseRequest]) async throws {
        try await ledger.release(releases)
    }

    func claim(_ claims: [ClaimRequest]) async throws -> [ClaimReply] {
        try await killer.pass(.intended)
        let replies = try await ledger.claim(claims)
        try await killer.pass(.claimed, with: replies.count(where: \.isGranted))
        return replies
    }
}
