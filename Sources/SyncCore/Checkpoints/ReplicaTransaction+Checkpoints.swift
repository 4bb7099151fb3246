extension ReplicaTransaction {
    /// The checkpoints that were seen.
    package var checkpoints: CheckpointStore { CheckpointStore(connection) }

    /// Takes note of the checkpoint in a head: what its device had been shown.
    ///
    /// Where it contradicts what this device was shown, both are kept as the proof. Where it is
    /// not known here, the hub has to prove at the next exchange that it belongs to the same
    /// history.
    func noteCheckpoint(of head: FeedHead) throws {
        guard let bytes = head.checkpoint, bytes != lastNotedCheckpoint else { return }
        lastNotedCheckpoint = bytes
        let checkpoint: Checkpoint
        do throws(CodingError) {
            checkpoint = try Checkpoint(bytes: bytes)
        } catch {
            return  // A later version's form: it is kept in the head, and proves nothing here.
        }
        // The hub knows its own tree.
        guard checkpoint.hub != identity.id else { return }
        let witness = CheckpointStore.Witness(feed: head.feed, sequence: head.sequence)
        if let (known, _) = try checkpoints.checkpoint(like: checkpoint) {
            guard known.root != checkpoint.root, checkpoint.isSigned(in: membership) else {
                return
            }
            try reportSplitView(known, checkpoint, witness)
            return
        }
        // What its author claims and the hub did not sign says nothing about the hub.
        guard checkpoint.isSigned(in: membership) else { return }
        try checkpoints.keep(checkpoint, seenIn: witness)
    }

    /// Keeps the proof that a hub showed different histories, and tells a person.
    func reportSplitView(
        _ first: Checkpoint, _ second: Checkpoint, _ witness: CheckpointStore.Witness?
    ) throws {
        try checkpoints.add(first, against: second, seenIn: witness, at: environment.now())
        try AlarmStore(connection).raise(
            Alarm(
                kind: .splitView, subject: first.hub.description, time: environment.now(),
                detail: "\(first.size) \(first.root) ≠ \(second.size) \(second.root)"))
    }

    /// Checks the checkpoint of a reply against what was remembered when it was asked for.
    func take(_ reply: ExchangeReply, provingFor request: ExchangeRequest) throws {
        let alarms = AlarmStore(connection)
        guard let hub = membership.hub else { return }
        let subject = hub.card.id.description
        let known = try request.checkpoint.map { try Checkpoint(bytes: $0) }
        guard let bytes = reply.checkpoint else {
            guard let known, known.hub == hub.card.id else { return }
            try alarms.raise(
                Alarm(
                    kind: .checkpointMissing, subject: subject, time: environment.now(),
                    detail: "\(known.size)"))
            return
        }
        let checkpoint = try Checkpoint(bytes: bytes)
        guard checkpoint.hub == hub.card.id, checkpoint.incarnation == reply.hubIncarnation,
            checkpoint.isSigned(in: membership)
        else { throw HubRefusal(.notAuthentic) }
        try alarms.clear(.checkpointMissing, subject: subject)
        var isSplit = false
        if let known, known.hub == checkpoint.hub {
            isSplit = try !check(known, nil, against: checkpoint, reply.proofs)
        }
        let asked = Set(request.unproven)
        for (other, witness) in try checkpoints.unproven(maximum: .max)
        where other.hub == checkpoint.hub && asked.contains(other.size) {
            guard other.incarnation == checkpoint.incarnation else {
                try checkpoints.settle(other)
                continue
            }
            if try !check(other, witness, against: checkpoint, reply.proofs) { isSplit = true }
            try checkpoints.settle(other)
        }
        // What was remembered goes on being shown to others, as long as it is contradicted.
        guard !isSplit else { return }
        if let newest = try checkpoints.newest(), newest.hub == checkpoint.hub,
            newest.incarnation == checkpoint.incarnation, newest.size > checkpoint.size
        {
            // A reply that was overtaken by a later one: the next one proves it.
            try checkpoints.keep(checkpoint, seenIn: nil)
        } else {
            try checkpoints.setNewest(checkpoint)
        }
    }

    /// Whether a checkpoint is the beginning of the newest one; if not, that is told.
    private func check(
        _ known: Checkpoint, _ witness: CheckpointStore.Witness?, against newest: Checkpoint,
        _ proofs: [ConsistencyProof]
    ) throws -> Bool {
        let proof = proofs.first { $0.size == known.size }?.hashes ?? []
        let isConsistent = MerkleTree.isConsistent(
            (known.size, known.root), (newest.size, newest.root), proof: proof)
        guard !isConsistent else { return true }
        guard known.incarnation == newest.incarnation else {
            // A hub that was restored says so by another life, and has forgotten something.
            try AlarmStore(connection).raise(
                Alarm(
                    kind: .hubWentBack, subject: newest.hub.description,
                    time: environment.now(), detail: "\(known.size) > \(newest.size)"))
            return true
        }
        try reportSplitView(known, newest, witness)
        return false
    }
}
