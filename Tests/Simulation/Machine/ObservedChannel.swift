import SyncCore

/// The edge of a device, where the oracle sees what is asked of the hub and what is answered.
struct ObservedChannel: HubChannel {
    let channel: HubClient
    let device: Int
    let oracle: Oracle

    func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
        let place = Self.place(of: request)
        if let place { oracle.change(place, by: 1) }
        note(request)
        let reply: HubReply
        do {
            reply = try await channel.ask(request, within: wait)
        } catch {
            if let place { oracle.change(place, by: -1) }
            oracle.tell("n\(device) \(Self.word(request)) failed: \(Oracle.word(error))")
            throw error
        }
        if let place { oracle.change(place, by: -1) }
        note(reply, to: request)
        return reply
    }

    private static func place(of request: HubRequest) -> ProtocolState? {
        switch request {
        case .exchange: .exchanging
        case .lease: .askingLease
        case .admit: .changingMembership
        default: nil
        }
    }

    private func note(_ request: HubRequest) {
        guard case .exchange(let exchange) = request else { return }
        let batches: [FeedBatch]
        do {
            batches = try exchange.parcels.open() + exchange.batches
        } catch {
            return oracle.accuse("n\(device) sends what nobody can read: \(error)")
        }
        for record in batches.flatMap(\.records) {
            guard record.header.kind == MailOffer.recordKind, let content = record.content
            else { continue }
            do {
                let offer = try MailOffer(canonicalBytes: content.body)
                for (number, address) in offer.recipients.enumerated() where !address.isEmpty {
                    oracle.offered(DeliveryID(message: offer.message, recipient: number))
                }
            } catch {
                oracle.accuse("n\(device) offers what nobody can read: \(error)")
            }
        }
    }

    private func note(_ reply: HubReply, to request: HubRequest) {
        switch reply {
        case .lease(let replies):
            for reply in replies {
                guard case .granted(let fence, let length) = reply.outcome else { continue }
                oracle.granted(
                    reply.account, fence, to: device, for: length)
            }
        case .reserved(let reserved):
            for reservation in reserved {
                oracle.move(reservation.delivery, to: .reserved)
            }
        case .claimed(let replies):
            guard case .claim(let claims) = request else { return }
            for reply in replies where reply.isGranted {
                guard let claim = claims.first(where: { $0.delivery == reply.delivery })
                else { continue }
                oracle.claimed(
                    reply.delivery, attempt: reply.attempt, under: claim.lease, by: device)
            }
        default: break
        }
    }

    /// The name of a question's case, without what it asks.
    private static func word(_ request: HubRequest) -> Substring {
        "\(request)".prefix { $0 != "(" }
    }
}
