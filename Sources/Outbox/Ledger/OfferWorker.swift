package import SyncCore

/// Hands the mails of this device to the hub's keeping.
///
/// A mail's sealed bytes are at the hub before its offer is committed; by that commit, and
/// nothing else, custody passes. Repeating any step does no harm.
package struct OfferWorker: Sendable {
    /// What one pass did.
    package struct Pass: Hashable, Sendable {
        /// How many mails were offered.
        package var offered = 0
        /// Whether more wait, because the hub could not be reached or would not take them.
        package var isUnfinished = false
        /// Whether membership must be fetched before the rest can be offered.
        package var needsSync = false
    }

    private enum Stop: Error {
        case giveUp
    }

    /// How many mails one pass takes.
    package static let mailsPerPassMaximum = 64

    private let replica: Replica
    private let channel: any HubChannel
    private let wait: Duration
    private let afterOffer: @Sendable () -> Void

    /// Creates a worker.
    ///
    /// - Parameters:
    ///   - replica: The replica, opened with ``OutboxFold``.
    ///   - channel: The way to the hub.
    ///   - wait: How long an answer to one part may take.
    ///   - afterOffer: Called after each offer: there is something to push.
    package init(
        replica: Replica, channel: any HubChannel, wait: Duration = .seconds(60),
        afterOffer: @escaping @Sendable () -> Void = {}
    ) {
        self.replica = replica
        self.channel = channel
        self.wait = wait
        self.afterOffer = afterOffer
    }

    /// Offers what waits, in the order it was queued.
    ///
    /// A mail that fails does not hold up those behind it, unless the hub cannot be reached.
    ///
    /// - Parameter time: The time; what waits for a later one is left.
    /// - Returns: What was done, and whether to come again.
    /// - Throws: ``StorageError``, or `CancellationError`.
    package func offerWaiting(at time: Timestamp? = nil) async throws -> Pass {
        var pass = Pass()
        do {
            try await restoreContents()
        } catch let error where !(error is StorageError || error is CancellationError) {
            // What waits is no better off than what was offered before.
            pass.isUnfinished = true
            return pass
        }
        let now = time ?? replica.environment.now()
        let waiting = try await replica.read { transaction in
            try transaction.outbox.offerable(at: now, limit: Self.mailsPerPassMaximum)
        }
        for message in waiting {
            try Task.checkCancellation()
            do {
                if try await offer(message) { pass.offered += 1 }
            } catch let refusal as HubRefusal {
                pass.isUnfinished = true
                pass.needsSync = pass.needsSync || refusal.code == .membershipStale
                if refusal.code != .tooLarge { return pass }
            } catch let error as StorageError {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch is CodingError {
                // The bytes of this one are gone; the others are not to blame.
                pass.isUnfinished = true
            } catch {
                pass.isUnfinished = true
                return pass
            }
        }
        pass.isUnfinished = pass.isUnfinished || waiting.count == Self.mailsPerPassMaximum
        return pass
    }

    /// Gives another life of the hub, or another hub, the bytes of the mails in its custody.
    ///
    /// It may have them already; then one part of each is sent in vain, once.
    private func restoreContents() async throws {
        let (life, messages) = try await replica.read {
            transaction -> (Incarnation?, [MessageID]) in
            let life = try SyncStore(transaction.replicaStore).hubIncarnation()
            let known = try transaction.replicaStore.fact(Self.contentsFact)
            guard let life, known != life.canonicalBytes else { return (nil, []) }
            // The first hub has what it acknowledged.
            return (life, known == nil ? [] : try transaction.outbox.inCustodyOfHub())
        }
        guard let life else { return }
        for message in messages {
            let sealed = try await replica.write { transaction -> MailSeal.Sealed? in
                guard let own = try transaction.outbox.ownMail(message) else { return nil }
                do {
                    let content = try transaction.outbox.content(own.content)
                    let key = try MailSeal.key(for: own.content, in: transaction)
                    return MailSeal.seal(content, key: key)
                } catch is CodingError {
                    return nil  // Its time was over, and it was erased.
                }
            }
            if let sealed { try await upload(sealed) }
        }
        try await replica.write {
            try $0.replicaStore.setFact(Self.contentsFact, life.canonicalBytes)
        }
    }

    private static let contentsFact = "contents at hub"

    /// Uploads one mail and commits its offer.
    private func offer(_ message: MessageID) async throws -> Bool {
        let prepared = try await replica.write { transaction -> (MailSeal.Sealed, Digest)? in
            guard let own = try transaction.outbox.ownMail(message) else { return nil }
            let key = try MailSeal.key(for: own.content, in: transaction)
            let content = try transaction.outbox.content(own.content)
            return (MailSeal.seal(content, key: key), own.content)
        }
        guard let (sealed, _) = prepared else { return false }
        try await upload(sealed)
        let isOffered = try await replica.write { transaction in
            try transaction.offer(message, sealed: sealed)
        }
        if isOffered { afterOffer() }
        return isOffered
    }

    private func upload(_ sealed: MailSeal.Sealed) async throws {
        let total = UInt64(sealed.blob.count)
        var upload = BlobUpload(total: total)
        var action = upload.start
        while true {
            switch action {
            case .done: return
            case .giveUp: throw Stop.giveUp
            case .put(let offset, let count):
                let bytes = Array(sealed.blob[Int(offset)..<Int(offset) + count])
                let part = BlobPart(id: sealed.id, offset: offset, total: total, bytes: bytes)
                guard
                    case .blobStored(let stored) = try await channel.ask(
                        .putBlob(part), within: wait)
                else { throw HubRefusal(.malformed) }
                action = upload.handle(stored: stored)
            }
        }
    }
}

extension ReplicaTransaction {
    /// Passes custody of a mail whose bytes are at the hub.
    ///
    /// - Returns: Whether anything was offered: what became final, is held or was offered
    ///   meanwhile is not.
    fileprivate func offer(_ message: MessageID, sealed: MailSeal.Sealed) throws -> Bool {
        guard let mail = try outbox.mail(message), let own = try outbox.ownMail(message),
            let epoch = membership.epochs.last
        else { return false }
        let ledger = DeliveryLedger(keeper: .origin)
        var recipients: [String] = []
        var isAny = false
        for record in try outbox.deliveries(of: message) {
            var next = record
            // The place of a recipient that is not offered stays empty.
            guard case .queued = record.withoutReservation(ledger).state,
                record.custody == .origin, case .success = ledger.offer(&next)
            else {
                recipients.append("")
                continue
            }
            recipients.append(try outbox.address(of: record.delivery) ?? "")
            try outbox.save(next)
            isAny = true
        }
        guard isAny else { return false }
        let manifest = MailManifest(
            origin: identity.id, message: message, recipients: MailManifest.hash(of: recipients),
            key: sealed.key.withSecret { $0.withBytes { Array($0) } }, content: own.content,
            byteCount: UInt64(mail.byteCount), isInternational: own.isInternational,
            replyName: own.replyName, replyAddress: own.replyAddress, signedAs: own.signedAs)
        let signed = SignedManifest(manifest, key: identity.signingKey)
        try append(
            MailOffer(
                message: message, branch: mail.branch, user: mail.user, type: mail.type,
                recipients: recipients, byteCount: UInt64(mail.byteCount),
                created: mail.time.timestamp, epoch: epoch.number,
                manifest: epoch.target.seal(signed.canonicalBytes), blob: sealed.id,
                hub: SyncStore(replicaStore).hubIncarnation(), priority: own.terms.priority,
                lifetime: own.terms.lifetime(at: environment.now())),
            kind: MailOffer.recordKind, topic: .mail, scope: .organisation, actor: "agent")
        return true
    }
}

extension DeliveryRecord {
    /// The delivery as it stands apart from a reservation, which an offer ends.
    fileprivate func withoutReservation(_ ledger: DeliveryLedger) -> DeliveryRecord {
        var record = self
        if let grant = reservation?.grant { _ = ledger.release(&record, under: grant) }
        return record
    }
}

extension OutboxStore {
    /// The mails of this device that the hub keeps and that are not at their end.
    fileprivate func inCustodyOfHub() throws -> [MessageID] {
        try connection.rows(
            """
            SELECT DISTINCT d.message FROM delivery d JOIN own_mail o ON o.number = d.number
            WHERE d.custody = ? AND d.state IN ('queued', 'reserved', 'sending', 'held', 'in_doubt')
            ORDER BY d.number
            """, .integer(LedgerKeeper.hub.rawValue)
        ) { try MessageID(stored: $0.bytes(0)) }
    }

    /// The mails of this device of which something waits, and nothing is under way, in the order
    /// they were queued; recipients that are held stay behind.
    fileprivate func offerable(at now: Timestamp, limit: Int) throws -> [MessageID] {
        var seen: Set<MessageID> = []
        var ordered: [MessageID] = []
        for priority in MailPriority.allCases where ordered.count < limit {
            let found = try ["queued", "reserved"].flatMap { state in
                try offerable(in: state, priority, at: now, limit: limit)
            }
            ordered += found.sorted { $0.number < $1.number }.map(\.message)
                .filter { seen.insert($0).inserted }
        }
        return Array(ordered.prefix(limit))
    }

    private func offerable(
        in state: String, _ priority: MailPriority, at now: Timestamp, limit: Int
    ) throws -> [(number: Int, message: MessageID)] {
        try connection.rows(
            """
            SELECT DISTINCT d.number, d.message FROM delivery d
            JOIN own_mail o ON o.number = d.number
            WHERE d.custody = ?1 AND d.state = ?2 AND d.priority = ?5 AND d.number IS NOT NULL
                AND d.due <= ?3 AND o.not_before <= ?3
                AND NOT EXISTS (SELECT 1 FROM delivery h WHERE h.message = d.message
                    AND h.custody = ?1 AND h.state = 'sending')
            ORDER BY d.number LIMIT ?4
            """,
            .integer(LedgerKeeper.origin.rawValue), .text(state), .integer(now.milliseconds),
            .integer(limit), .integer(Int(priority.rawValue))
        ) { (number: $0.integer(0), message: try MessageID(stored: $0.bytes(1))) }
    }
}
