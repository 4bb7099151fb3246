import SyncCore

/// Takes into the hub's custody what a mail's origin offers.
///
/// An origin offers a recipient once. It may offer others of the same mail later, for instance
/// one that was refused first and is tried again. What it offers again as it was changes
/// nothing. Under the name of one mail there can be one content only: where a later offer names
/// another, the first one stands, and what only the later one offers is held for a person,
/// because nobody can tell which of the two was meant.
struct OfferIntake {
    let tables: LedgerTables
    let transaction: ReplicaTransaction

    /// Takes all offers in that came before it was known who queued the mail.
    ///
    /// - Parameters:
    ///   - message: The mail.
    ///   - origin: The device that queued it.
    /// - Throws: ``StorageError``.
    func takeAll(of message: MessageID, by origin: DeviceID) throws {
        let offers = try tables.offers(of: message, by: origin)
        for end in offers.indices { try takeLast(of: offers[...end]) }
    }

    /// Takes the newest offer of a mail in.
    ///
    /// - Parameters:
    ///   - message: The mail.
    ///   - origin: The device that queued it.
    /// - Throws: ``StorageError``.
    func takeLast(of message: MessageID, by origin: DeviceID) throws {
        try takeLast(of: tables.offers(of: message, by: origin)[...])
    }

    private func takeLast(of offers: ArraySlice<LedgerTables.NumberedOffer>) throws {
        guard let first = offers.first, let last = offers.last else { return }
        let isSame = last.offer.isSameMail(as: first.offer)
        if !isSame { try raiseAlarm(about: last.offer) }
        // An empty address stands for a recipient who was not offered.
        for (recipient, address) in last.offer.recipients.enumerated() where !address.isEmpty {
            let id = DeliveryID(message: last.offer.message, recipient: recipient)
            let stored = try tables.record(of: id)
            let isHere = stored?.0.custody == .hub
            let expires = last.offer.lifetime.map {
                transaction.environment.now().advanced(by: $0)
            }
            var record = DeliveryRecord(
                delivery: id, byteCount: Int(last.offer.byteCount), expires: expires)
            if let known = stored?.0, isHere {
                record = known
            } else {
                // Evidence may have come before the offer.
                for fact in stored?.0.facts ?? [] { record.insert(fact) }
            }
            // Each offer passes custody once; between two of them the hub gave it back.
            let count = offers.count { $0.offer.offers(recipient) }
            record.insert(.custody(turn: 2 * count - 1))
            // Only an origin that is sure offers: what a copy of it suspects is over.
            if !isHere, record.custody == .hub, record.isSuspect {
                try transaction.remember(
                    id, after: record.suspicionTurn, branch: last.offer.branch)
                record.insert(.suspicion(turn: record.suspicionTurn + 1))
            }
            if !isHere, record.custody == .hub {
                try HubMemory(transaction).judge(&record, offered: last.offer)
            }
            if !isHere, record.custody == .hub {
                if last.isLate {
                    try hold(
                        &record, branch: last.offer.branch, cause: DeliveryReport.quarantineCause)
                } else if !isSame {
                    try hold(
                        &record, branch: last.offer.branch,
                        cause: DeliveryReport.otherContentCause)
                }
            }
            try tables.save(
                record, account: stored?.1, offer: isHere ? nil : last.number,
                priority: isHere ? nil : last.offer.priority)
        }
    }

    private func hold(
        _ record: inout DeliveryRecord, branch: BranchID, cause: String
    ) throws {
        let fact = DeliveryFact.hold(turn: record.holdTurn + 1)
        guard !record.isHeld, record.insert(fact) else { return }
        var detail = AttemptDetail()
        detail.cause = cause
        try transaction.append(
            DeliveryReport(delivery: record.delivery, fact: fact, detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch), actor: "hub")
    }

    private func raiseAlarm(about offer: MailOffer) throws {
        try AlarmStore(transaction.connection).raise(
            Alarm(
                kind: .otherContent, subject: offer.message.description,
                time: transaction.environment.now(),
                detail: "blob \(offer.blob), epoch \(offer.epoch)"))
    }
}

extension MailOffer {
    /// Whether a recipient is among those offered.
    fileprivate func offers(_ recipient: Int) -> Bool {
        recipients.indices.contains(recipient) && !recipients[recipient].isEmpty
    }

    /// Whether two offers can be of one mail: one sealed body, and nobody's address changed.
    ///
    /// The manifest differs each time it is sealed, and so does the epoch after a new one.
    fileprivate func isSameMail(as other: MailOffer) -> Bool {
        guard blob == other.blob, byteCount == other.byteCount, branch == other.branch,
            user == other.user, type == other.type, created == other.created,
            recipients.count == other.recipients.count
        else { return false }
        return zip(recipients, other.recipients).allSatisfy { mine, theirs in
            mine == theirs || mine.isEmpty || theirs.isEmpty
        }
    }
}
