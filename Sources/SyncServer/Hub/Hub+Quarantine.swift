package import SyncCore

extension Hub {
    /// How many bytes of sealed mails a revoked device may upload.
    private static let quarantineBytesMaximum: UInt64 = 256 << 20

    /// Stores a part of a sealed mail.
    ///
    /// A revoked device may bring what goes into quarantine, until it has handed everything over.
    func put(_ part: BlobPart, for opened: OpenedRequest) async throws -> HubReply {
        let device = try await formerMember(opened)
        return .blobStored(
            try await store.transaction { transaction in
                if !device.isActive {
                    var state = try transaction.surrender(of: opened.device)
                    guard !state.isClosed else { throw HubRefusal(.quarantineClosed) }
                    state.blobBytes += UInt64(part.bytes.count)
                    guard state.blobBytes <= Self.quarantineBytesMaximum else {
                        throw HubRefusal(.tooLarge)
                    }
                    try transaction.setSurrender(state, of: opened.device)
                }
                return try transaction.store(part)
            })
    }

    /// Takes the last records of a device that was revoked: evidence about attempts, and offers,
    /// whose mails are held until an administrator decides.
    ///
    /// What it brings again is answered as before. Once it has said that this was all, or has
    /// come too often, nothing new is taken.
    func take(
        _ surrender: Surrender, from device: Membership.Device
    ) async throws -> HubReply {
        guard !device.isActive else { throw HubRefusal(.notPermitted) }
        let id = device.card.id
        try await store.transaction { transaction in
            guard try transaction.evidence(against: id) == nil else {
                throw HubRefusal(.feedFork)
            }
            var state = try transaction.surrender(of: id)
            var count = 0
            for batch in surrender.batches {
                // Nothing that it configures counts any more, so nobody need keep it.
                guard batch.head.feed.device == id, batch.head.feed.topic != .config else {
                    throw HubRefusal(.notPermitted)
                }
                count += try transaction.admit(batch)
            }
            guard count == 0 || !state.isClosed else { throw HubRefusal(.quarantineClosed) }
            state.parts += 1
            state.isClosed =
                state.isClosed || surrender.isLast || state.parts >= Surrender.partsMaximum
            try transaction.setSurrender(state, of: id)
        }
        news.post()
        return .surrendered
    }
}

extension SurrenderState: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, parts)
            fields.field(2, blobBytes)
            fields.field(3, isClosed)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "surrender")
        parts = try fields.required(1)
        blobBytes = try fields.required(2)
        isClosed = try fields.required(3)
    }
}
