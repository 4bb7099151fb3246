import SyncCore

/// What a hub that went back knows of its own forgetting.
///
/// It was restored from a backup, or its files were put back: between the state that is stored
/// and the beginning of its present life it may have granted attempts of which nothing is known
/// here. Whatever those could concern is in doubt until a person decides.
struct HubMemory {
    private let transaction: ReplicaTransaction
    private let tables: LedgerTables

    /// How many deliveries are looked at together.
    private static let pageMaximum = 256

    init(_ transaction: ReplicaTransaction) {
        self.transaction = transaction
        tables = LedgerTables(connection: transaction.connection)
    }

    /// Holds every delivery in the hub's custody that is not final in doubt.
    func suspectAll(because reason: FormerLife.Reason) throws {
        var place = DeliveryID?.none
        while true {
            let page = try tables.offered(after: place, limit: Self.pageMaximum)
            for var delivery in page where delivery.record.custody == .hub {
                let account = delivery.account
                if try suspect(&delivery.record, of: delivery.offer.branch, because: reason) {
                    try tables.save(delivery.record, account: account)
                }
            }
            place = page.last?.record.delivery
            guard page.count == Self.pageMaximum else { return }
        }
    }

    /// Holds a delivery in doubt that was offered to a former life of the hub: it came back after
    /// the hub had forgotten it.
    ///
    /// - Parameters:
    ///   - record: The delivery, now in the hub's custody.
    ///   - offer: What its origin offered, naming the life of the hub that it knew.
    /// - Throws: ``StorageError``.
    func judge(_ record: inout DeliveryRecord, offered offer: MailOffer) throws {
        guard offer.hub != transaction.identity.incarnation,
            let reason = try LifeStore(transaction.replicaStore).former().last?.reason
                ?? (transaction.membership.formerHubs.isEmpty ? nil : .replaced)
        else { return }
        _ = try suspect(&record, of: offer.branch, because: reason)
    }

    /// Holds a delivery in doubt once more, because only a life that was forgotten had cleared it.
    func suspectStill(_ record: inout DeliveryRecord) throws {
        guard let offer = try tables.offer(of: record.delivery),
            let reason = try LifeStore(transaction.replicaStore).former().last?.reason
        else { return }
        _ = try suspect(&record, of: offer.branch, because: reason)
    }

    private func suspect(
        _ record: inout DeliveryRecord, of branch: BranchID, because reason: FormerLife.Reason
    ) throws -> Bool {
        let before = record
        _ = DeliveryLedger(keeper: .hub).suspect(&record)
        guard record.suspicionTurn > before.suspicionTurn else { return record != before }
        var detail = AttemptDetail()
        detail.cause = reason.word
        try transaction.append(
            DeliveryReport(
                delivery: record.delivery, fact: .suspicion(turn: record.suspicionTurn),
                detail: detail),
            kind: DeliveryReport.recordKind, topic: .audit, scope: .branch(branch), actor: "hub")
        return true
    }
}
