/// Finds where a replica differs from the hub although both hold the same records, tells a
/// person, and mends it from the records.
///
/// ```
///                      ┌─▶ feeds' ends ─▶ records ─▶ the first other record ─▶ fetched again
///   digests differ ────┤
///                      └─▶ parts ─▶ fields ─▶ values ─▶ the view is folded again
/// ```
///
/// Nothing is wiped: what is fetched again is kept as it was, as evidence.
package struct Reconciliation: Sendable {
    private static let replyWait = Duration.seconds(30)
    /// How many fields are named; more are mended just the same.
    private static let fieldsMaximum = 16

    private let replica: Replica
    private let channel: any HubChannel

    package init(replica: Replica, channel: any HubChannel) {
        self.replica = replica
        self.channel = channel
    }

    /// Looks into a topic and scope whose digests differ.
    ///
    /// - Parameter theirs: What the hub holds; both hold the same number of records.
    /// - Returns: Whether records are to be fetched again.
    /// - Throws: ``StorageError``, or what asking the hub throws.
    package func mend(_ theirs: StateDigest) async throws -> Bool {
        do {
            if let other = try await differingRecord(theirs) {
                return try await fetchAgain(other)
            }
            guard theirs.topic == .config else { return false }
            try await foldAgain(try await differingFields(), like: theirs)
        } catch let refusal as HubRefusal where refusal.code == .malformed {
            // A hub of an earlier version does not know the questions.
            guard theirs.topic == .config else { return false }
            try await foldAgain([], like: theirs)
        }
        return false
    }

    /// The first record of a feed that is another one at the hub.
    private struct OtherRecord: Sendable {
        let feed: FeedID
        let sequence: UInt64
        let ours: Digest
        let theirs: Digest
    }

    private func ask(_ question: CompareQuestion) async throws -> CompareAnswer {
        let reply = try await channel.ask(.compare(question), within: Self.replyWait)
        guard case .compared(let answer) = reply else { throw HubRefusal(.malformed) }
        return answer
    }

    private func differingRecord(_ theirs: StateDigest) async throws -> OtherRecord? {
        let ours = try await replica.read { transaction in
            try transaction.stateDigest(of: theirs.topic, theirs.scope)
        }
        guard case .ends(let ends) = try await ask(.ends(ours)) else {
            throw HubRefusal(.malformed)
        }
        for end in ends {
            let own = try await replica.read { transaction in
                let own = try transaction.feeds.end(of: end.feed)
                return own.count == end.count ? own.hash : nil
            }
            guard let own, own != end.hash else { continue }
            if let other = try await firstDifference(in: end) { return other }
            // The records are the same: only the note of where they end is not.
            try await replica.write { try $0.feeds.noteEnd(of: end.feed) }
        }
        return nil
    }

    /// Narrows down where two histories of one length part.
    private func firstDifference(in end: FeedEnd) async throws -> OtherRecord? {
        // Invariant: everything up to `low` is equal; `high` differs, or lies behind the end.
        let base = try await replica.read { try $0.snapshots.base(of: end.feed)?.end.count ?? 0 }
        var (low, high) = (base, end.count + 1)
        var found: OtherRecord?
        while low + 1 < high {
            let count = min(UInt64(CompareQuestion.itemsMaximum), high - low - 1)
            let places = (1...count).map { low + $0 * (high - low) / (count + 1) }
            guard case .records(let theirs) = try await ask(.records(end.feed, places)),
                theirs.count == places.count
            else { throw HubRefusal(.malformed) }
            let ours = try await replica.read { transaction in
                try places.map { try transaction.feeds.storedHash(of: end.feed, $0) }
            }
            guard let first = places.indices.first(where: { ours[$0] != theirs[$0] }) else {
                low = places[places.endIndex - 1]
                continue
            }
            if first > 0 { low = places[first - 1] }
            high = places[first]
            found = OtherRecord(
                feed: end.feed, sequence: high, ours: ours[first], theirs: theirs[first])
        }
        return found
    }

    /// Takes the hub's records in place of ours, once their author's signature was seen.
    ///
    /// - Returns: Whether it was done; a hub that cannot show them signed is not believed.
    private func fetchAgain(_ other: OtherRecord) async throws -> Bool {
        let place = try await replica.read {
            try $0.feeds.lastHead(of: other.feed, through: other.sequence - 1)
        }
        guard case .batch(let batch?) = try await ask(.batch(other.feed, after: place)),
            batch.head.feed == other.feed, batch.first == place + 1,
            batch.records.contains(where: {
                $0.header.sequence == other.sequence && $0.hash == other.theirs
            })
        else { return false }
        return try await replica.write { transaction in
            guard FeedAdmission(membership: transaction.membership).isAuthentic(batch),
                try transaction.discard(other.feed, after: place)
            else { return false }
            _ = try transaction.receive(batch)
            guard !transaction.isSettled(other.feed) else { return true }
            let topic = other.feed.scope.name(of: other.feed.topic)
            try AlarmStore(transaction.connection).raise(
                Alarm(
                    kind: .otherRecord,
                    subject: "\(other.feed.device) \(topic) \(other.sequence)",
                    time: transaction.environment.now(),
                    detail: "\(other.ours) ≠ \(other.theirs)"))
            return true
        }
    }

    private func differingFields() async throws -> [(ours: Register, theirs: Register)] {
        guard case .parts(let parts) = try await ask(.parts), parts.count == ConfigStore.partsCount
        else { throw HubRefusal(.malformed) }
        let own = try await replica.read { try $0.config.partDigests() }
        var paths: Set<RegisterPath> = []
        for part in parts.indices where parts[part] != own[part] {
            let number = UInt8(part)
            guard case .fields(let fields) = try await ask(.fields(part: number)) else {
                throw HubRefusal(.malformed)
            }
            let known = try await replica.read { try $0.config.fieldDigests(in: number) }
            paths.formUnion(Set(fields).symmetricDifference(known).map(\.path))
            if paths.count >= Self.fieldsMaximum { break }
        }
        let named = Array(paths.sorted().prefix(Self.fieldsMaximum))
        guard !named.isEmpty else { return [] }
        guard case .values(let theirs) = try await ask(.values(named)),
            theirs.map(\.path) == named
        else { throw HubRefusal(.malformed) }
        let ours = try await replica.read { transaction in
            try named.map { try transaction.config.register($0) }
        }
        return Array(zip(ours, theirs))
    }

    private func foldAgain(
        _ fields: [(ours: Register, theirs: Register)], like theirs: StateDigest
    ) async throws {
        try await replica.write { transaction in
            try transaction.foldConfigurationAgain()
            let now = try transaction.stateDigest(of: theirs.topic, theirs.scope)
            let isMended = now.vector != theirs.vector || now.digest == theirs.digest
            let alarms = AlarmStore(transaction.connection)
            if fields.isEmpty, isMended {
                try alarms.raise(
                    Alarm(
                        kind: .repaired, subject: theirs.name,
                        time: transaction.environment.now(), detail: ""))
            }
            for (ours, theirs) in fields {
                try alarms.raise(
                    Alarm(
                        kind: isMended ? .repaired : .digestMismatch, subject: ours.path.text,
                        time: transaction.environment.now(),
                        detail: "\(ours.evidence) ≠ \(theirs.evidence)"))
            }
            if isMended { try alarms.clear(.digestMismatch, subject: theirs.name) }
        }
    }
}

extension Register {
    /// Its values and who wrote them, in no person's language; of bytes only a hash.
    fileprivate var evidence: String {
        guard !entries.isEmpty else { return "∅" }
        return entries.map { entry in
            let value =
                switch entry.value {
                case .none: "∅"
                case .text(let text): "\"\(text.prefix(Self.evidenceMaximum))\""
                case .integer(let number): String(number)
                case .boolean(let truth): String(truth)
                case .bytes(let bytes): "#\(Digest(of: bytes))"
                case .list(let items):
                    "[\(items.joined(separator: ",").prefix(Self.evidenceMaximum))]"
                }
            return "\(value) (\(entry.actor), \(entry.time.timestamp))"
        }.joined(separator: " | ")
    }

    private static let evidenceMaximum = 80
}
