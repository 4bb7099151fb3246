import SyncCore

extension Hub {
    /// Begins another life if a device shows a checkpoint that this hub signed and does not
    /// remember: its files were put back, and it may have granted attempts of which nothing is
    /// known here.
    ///
    /// Nobody else can make it do so: the checkpoint is signed with the hub's own key.
    func recall(_ shown: [UInt8]?) async throws {
        guard let shown else { return }
        let checkpoint: Checkpoint
        do throws(CodingError) {
            checkpoint = try Checkpoint(bytes: shown)
        } catch {
            throw HubRefusal(.malformed)
        }
        let identity = store.identity
        guard checkpoint.hub == identity.id,
            checkpoint.isSigned(by: identity.signingKey.verificationKey)
        else { return }
        let isForgotten = try await store.transaction { transaction in
            try transaction.hasForgotten(checkpoint)
        }
        guard isForgotten, try await store.beginLife(forgetting: checkpoint) else { return }
        leases.forget(at: environment.uptime())
        news.post()
    }

    /// Adds the newest checkpoint to a reply, with the proofs that the device asked for.
    static func addCheckpoint(
        to reply: inout ExchangeReply, for request: ExchangeRequest, of identity: DeviceIdentity,
        _ transaction: any ServerTransaction, at now: Timestamp
    ) throws {
        let size = try transaction.acceptedCount()
        guard size > 0, let root = try transaction.root(of: size) else { return }
        let checkpoint = Checkpoint(
            organisation: transaction.membership.organisation, of: identity, size: size,
            root: root, time: now)
        reply.checkpoint = checkpoint.bytes
        var sizes = Set(request.unproven)
        if let shown = request.checkpoint { sizes.insert(try Checkpoint(bytes: shown).size) }
        for known in sizes.sorted() where known < size {
            reply.proofs.append(
                ConsistencyProof(
                    size: known, hashes: try transaction.consistencyProof(from: known)))
        }
    }
}
