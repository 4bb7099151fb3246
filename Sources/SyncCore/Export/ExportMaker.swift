/// Writes what a replica holds into one file, for a branch that has no network at all.
///
/// The file holds records as their authors signed them, and who belongs, each section sealed for
/// its audience: who finds the file reads nothing, and a branch does not read what concerns
/// another. The order of files, and how often one is imported, make no difference.
package struct ExportMaker: Sendable {
    /// What was written.
    package struct Summary: Hashable, Sendable {
        package var entriesCount = 0
        package var recordsCount = 0
        package var feedsCount = 0
        package var byteCount = 0
    }

    /// One audience, with the feeds that it receives.
    private struct Section: Sendable {
        let number: Int
        let feeds: [FeedID]
        let devices: Set<DeviceID>
        let key: SymmetricKey
    }

    private let replica: Replica
    private let program: String

    /// How many bytes of bodies a chunk carries, give or take one batch.
    private static let bodyBytesMaximum = 1 << 20

    /// Prepares a file.
    ///
    /// - Parameters:
    ///   - replica: What to write.
    ///   - program: The version of the program.
    package init(_ replica: Replica, program: String) {
        self.replica = replica
        self.program = program
    }

    /// Writes the file.
    ///
    /// - Parameters:
    ///   - write: Takes the next bytes.
    ///   - progress: Told how far it has come, from 0 to 1.
    /// - Returns: What was written.
    /// - Throws: ``StorageError``, or what `write` throws.
    package func make(
        write: ([UInt8]) async throws -> Void, progress: (Double) async -> Void = { _ in }
    ) async throws -> Summary {
        let (vector, sections, manifest) = try await plan()
        let manifestBytes = manifest.canonicalBytes
        let file = Digest(of: manifestBytes)
        var hash = DigestStream()
        var summary = Summary()
        func put(_ bytes: [UInt8]) async throws {
            hash.update(bytes[...])
            summary.byteCount += bytes.count
            try await write(bytes)
        }
        try await put(
            ExportFormat.magic + ExportFormat.number(ExportFormat.version)
                + ExportFormat.number(manifestBytes.count) + manifestBytes)
        var index = 0
        func put(_ chunk: ExportChunk, in section: Section) async throws {
            let sealed = section.key.seal(
                SealedEnvelope.pack(chunk),
                context: ExportFormat.context(
                    manifest: file, section: section.number, index: index),
                using: replica.environment)
            let bytes = ExportFormat.number(section.number) + sealed
            index += 1
            try await put(ExportFormat.number(bytes.count) + bytes)
        }
        let total = max(vector.feeds.reduce(0) { $0 + vector[$1] }, 1)
        for section in sections {
            if section.number == 0 {
                for entries in try await entries() {
                    summary.entriesCount += entries.count
                    try await put(ExportChunk(entries: entries), in: section)
                }
            }
            for feed in section.feeds {
                summary.feedsCount += 1
                var place: UInt64 = 0
                while let batch = try await next(of: feed, after: place, through: vector[feed]) {
                    try Task.checkCancellation()
                    place = batch.head.sequence
                    summary.recordsCount += batch.records.count
                    try await put(ExportChunk(batches: [batch]), in: section)
                    await progress(Double(summary.recordsCount) / Double(total))
                }
            }
        }
        try await put(ExportFormat.number(0))
        let key = replica.identity.signingKey
        let signature = key.signature(over: hash.finish().bytes, for: .export).bytes
        summary.byteCount += signature.count
        try await write(signature)
        return summary
    }

    /// Decides who can open what.
    private func plan() async throws -> (VersionVector, [Section], ExportManifest) {
        let (vector, membership) = try await replica.read { transaction in
            (try transaction.feeds.vector(), transaction.membership)
        }
        let environment = replica.environment
        let own = replica.identity.id
        let members = membership.devices.filter(\.isActive)
        var subjects = Set(vector.feeds.map { Subject(topic: $0.topic, scope: $0.scope) })
        // Everybody receives the configuration and who belongs.
        subjects.insert(Subject(topic: .config, scope: .organisation))
        let sections = subjects.sorted().enumerated().map { number, subject in
            Section(
                number: number,
                feeds: vector.feeds.filter {
                    $0.topic == subject.topic && $0.scope == subject.scope
                },
                devices: Set(
                    members.filter {
                        $0.card.id == own || $0.receives(subject.topic, subject.scope)
                    }
                    .map(\.card.id)),
                key: SymmetricKey(randomFrom: environment))
        }
        precondition(
            sections.count <= ExportManifest.sectionsMaximum, "Branches are fewer than sections.")
        let hub = membership.hub?.card
        let cards = members.map(\.card) + (hub.map { [$0] } ?? [])
        let recipients = cards.map { card in
            var keys = SectionKeys()
            for section in sections where section.devices.contains(card.id) || card == hub {
                keys[section.number] = section.key
            }
            var bytes = keys.canonicalBytes
            return ExportManifest.Recipient(
                device: card.id, sealedKeys: card.sealingTarget.seal(SecretBytes(consuming: &bytes))
            )
        }
        let manifest = ExportManifest(
            organisation: membership.organisation,
            key: replica.identity.signingKey.verificationKey, time: environment.now(),
            program: program, recipients: recipients)
        return (vector, sections, manifest)
    }

    private func entries() async throws -> [[MembershipEntry]] {
        let all = try await replica.read {
            try $0.replicaStore.membershipEntries(after: 0)
        }
        return stride(from: 0, to: all.count, by: ExportChunk.entriesMaximum).map { start in
            Array(all[start..<min(start + ExportChunk.entriesMaximum, all.count)])
        }
    }

    private func next(
        of feed: FeedID, after place: UInt64, through last: UInt64
    ) async throws -> FeedBatch? {
        guard place < last else { return nil }
        return try await replica.read {
            try $0.feeds.batch(
                of: feed, after: place, bodyBytesMaximum: Self.bodyBytesMaximum)
        }
    }
}

/// A topic and a scope: what has one audience.
private struct Subject: Hashable, Comparable {
    let topic: Topic
    let scope: Scope

    static func < (a: Subject, b: Subject) -> Bool {
        (a.topic, a.scope) < (b.topic, b.scope)
    }
}
