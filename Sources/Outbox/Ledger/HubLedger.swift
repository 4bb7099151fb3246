package import SyncCore

/// The hub's ledger, asked over the network.
package struct HubLedger: Ledger {
    private let channel: any HubChannel
    private let wait: Duration

    /// Few: other devices must not wait for the mails of one that does not come back.
    package var claimsAtOnce: Int { 4 }

    /// How long an answer may take.
    package static let waitDefault = Duration.seconds(15)

    package init(_ channel: any HubChannel, wait: Duration = Self.waitDefault) {
        self.channel = channel
        self.wait = wait
    }

    package func lease(_ requests: [LeaseRequest]) async throws -> [LeaseReply] {
        guard case .lease(let replies) = try await channel.ask(.lease(requests), within: wait)
        else { throw HubRefusal(.malformed) }
        return replies
    }

    package func reserve(_ leases: [HeldLease], maximum: Int) async throws -> [Reservation] {
        let request = ReserveRequest(
            leases: leases, maximum: min(maximum, ReserveRequest.deliveriesMaximum))
        guard case .reserved(let reserved) = try await channel.ask(.reserve(request), within: wait)
        else { throw HubRefusal(.malformed) }
        return reserved.compactMap { reserved in
            let offer = reserved.offer
            let place = reserved.delivery.recipient
            // A recipient that was not offered, or of another mail, is none of this offer's.
            guard offer.message == reserved.delivery.message,
                offer.recipients.indices.contains(place), !offer.recipients[place].isEmpty
            else { return nil }
            return Reservation(
                delivery: reserved.delivery, attempt: reserved.attempt, fence: reserved.fence,
                user: offer.user, type: offer.type, branch: offer.branch,
                address: offer.recipients[place], content: .offered(offer),
                priority: offer.priority)
        }
    }

    package func release(_ releases: [ReleaseRequest]) async throws {
        guard case .released = try await channel.ask(.release(releases), within: wait) else {
            throw HubRefusal(.malformed)
        }
    }

    package func claim(_ claims: [ClaimRequest]) async throws -> [ClaimReply] {
        guard case .claimed(let replies) = try await channel.ask(.claim(claims), within: wait)
        else { throw HubRefusal(.malformed) }
        return replies
    }
}
