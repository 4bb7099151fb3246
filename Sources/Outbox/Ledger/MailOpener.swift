import SyncCore

/// The bytes of a mail, and what its headers need.
struct OpenedMail: Sendable {
    let bytes: [UInt8]
    let isInternational: Bool
    /// Where its author wants answers.
    let replyTo: Mailbox?
    /// The address that a signed mail must be sent from; nothing for other mails.
    let signedAs: String?
}

/// Finds the bytes of a mail: in this replica, or sealed at the hub.
struct MailOpener: Sendable {
    let replica: Replica
    /// The way to the hub; nothing where there is none.
    let channel: (any HubChannel)?
    let wait: Duration

    /// How many parts a blob may come in.
    private static let partsMaximum = 4096

    /// Returns a mail, checked to be what its origin queued.
    func open(_ reservation: Reservation) async throws -> OpenedMail {
        switch reservation.content {
        case .own: try await openOwn(reservation.delivery.message)
        case .offered(let offer): try await open(offer)
        }
    }

    private func openOwn(_ message: MessageID) async throws -> OpenedMail {
        try await replica.read { transaction in
            guard let own = try transaction.outbox.ownMail(message) else {
                throw CodingError(.missing, in: "queued mail")
            }
            return OpenedMail(
                bytes: try transaction.outbox.content(own.content),
                isInternational: own.isInternational,
                replyTo: try Self.mailbox(own.replyName, own.replyAddress), signedAs: own.signedAs)
        }
    }

    private func open(_ offer: MailOffer) async throws -> OpenedMail {
        let manifest = try await replica.read { transaction in
            try MailSeal.openManifest(of: offer, in: transaction)
        }
        let bytes = try MailSeal.open(try await fetch(offer.blob), of: offer, with: manifest)
        return OpenedMail(
            bytes: bytes, isInternational: manifest.isInternational,
            replyTo: try Self.mailbox(manifest.replyName, manifest.replyAddress),
            signedAs: manifest.signedAs)
    }

    private func fetch(_ id: Digest) async throws -> [UInt8] {
        guard let channel else { throw HubRefusal(.unknownBlob) }
        var bytes: [UInt8] = []
        for _ in 0..<Self.partsMaximum {
            let reply = try await channel.ask(
                .getBlob(id: id, offset: UInt64(bytes.count)), within: wait)
            guard case .blob(let part) = reply, part.id == id,
                part.offset == UInt64(bytes.count), !part.bytes.isEmpty,
                part.total <= BlobPart.blobByteCountMaximum
            else { throw HubRefusal(.malformed) }
            bytes += part.bytes
            if UInt64(bytes.count) >= part.total { return bytes }
        }
        throw HubRefusal(.tooLarge)
    }

    private static func mailbox(_ name: String?, _ address: String?) throws -> Mailbox? {
        guard let address else { return nil }
        return try Mailbox(
            name: name, address: MailAddress(address, in: .replyTo), in: .replyTo)
    }
}
