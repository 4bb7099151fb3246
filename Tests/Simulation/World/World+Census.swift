import Outbox
import SyncCore
import Synchronization
import SyncServer

/// Where one accepted mail is, asked of its origin and of the hub.
struct CensusEntry: Sendable {
    let recipient: String
    let mail: Oracle.Mail
    /// What the device on which it was queued knows.
    let origin: DeliveryRecord?
    /// What the hub knows.
    let hub: DeliveryRecord?
    /// Whether the hub deals with that device no more until an administrator decides.
    let isFrozen: Bool
    /// Whether its origin was put back to a state before it, and has only the record.
    var isForgotten: Bool { mail.isAtRisk && !isInHubsCustody }

    /// Whether the hub's word counts.
    var isInHubsCustody: Bool {
        if let origin { origin.custody == .hub } else { hub?.custody == .hub }
    }

    /// What the ledger in custody says; nothing if nobody knows the mail.
    var state: LedgerState? { isInHubsCustody ? hub?.state : origin?.state }

    /// Whether something should still happen by itself.
    var isMoving: Bool {
        // A device that was put back and wrote on is dealt with by an administrator.
        if isFrozen, !isInHubsCustody { return false }
        switch state {
        case .queued, .reserved, .claimed: return true
        case .inDoubt, .sent, .failed, .expired, .cancelled, .held: return false
        // It is in the hub's custody, and the hub has not heard of it yet.
        case nil: return isInHubsCustody && !isFrozen
        }
    }

    var words: String {
        let keeper = isInHubsCustody ? "hub" : "origin n\(mail.device)"
        return "\(state.map { "\($0)" } ?? "unknown") at the \(keeper)"
    }
}

extension World {
    /// Asks everybody about every accepted mail.
    func census() -> [CensusEntry] {
        let mails = oracle.mails.filter(\.mail.isAccepted)
        let ids = mails.map(\.mail.delivery)
        let atHub = hubRecords(ids)
        let frozen = frozenDevices()
        var atOrigin: [DeliveryID: DeliveryRecord] = [:]
        for device in devices {
            guard let process = device.process else { continue }
            let own = mails.filter { $0.mail.device == device.number }.map(\.mail.delivery)
            let records = ask(process.lane) {
                try await process.replica.read { transaction in
                    try own.compactMap { try transaction.outbox.delivery($0) }
                }
            }
            for record in records ?? [] { atOrigin[record.delivery] = record }
        }
        return mails.map { recipient, mail in
            CensusEntry(
                recipient: recipient, mail: mail, origin: atOrigin[mail.delivery],
                hub: atHub[mail.delivery], isFrozen: frozen.contains(mail.device))
        }
    }

    private func hubRecords(_ ids: [DeliveryID]) -> [DeliveryID: DeliveryRecord] {
        guard let lane = hub.machine.lane, let process = hub.process else { return [:] }
        let records = ask(lane) {
            try await process.store.transaction { transaction in
                try ids.compactMap { try transaction.delivery($0)?.record }
            }
        }
        return Dictionary((records ?? []).map { ($0.delivery, $0) }) { first, _ in first }
    }

    /// The devices with which the hub has nothing to do: it has seen two histories of them, or
    /// they were expelled.
    func frozenDevices() -> Set<Int> {
        guard let lane = hub.machine.lane, let process = hub.process else { return [] }
        let names = hall.template.names
        let numbers = devices.map(\.number)
        let frozen = ask(lane) {
            try await process.store.transaction { transaction in
                try numbers.filter { try transaction.evidence(against: names[$0 - 1]) != nil }
            }
        }
        return Set(frozen ?? []).union(oracle.expelled)
    }

    /// Checks a mail when everything has come to rest.
    func checkRest(_ entry: CensusEntry) {
        switch entry.state {
        case .inDoubt:
            oracle.state.withLock { _ = $0.doubtful.insert(entry.recipient) }
            if !oracle.hasCause(toDoubt: entry.mail) {
                oracle.accuse("\(entry.recipient) is in doubt without a cause: \(entry.words)")
            }
        case nil where !entry.mail.isAtRisk && !entry.isFrozen:
            oracle.accuse("promise 1: \(entry.recipient) is lost: nobody knows it")
        default: break
        }
    }

    /// Checks how a mail ended.
    func checkEnd(_ entry: CensusEntry) {
        let (mail, name) = (entry.mail, entry.recipient)
        switch entry.state {
        case .sent where mail.copies == 0 && !mail.isDeclaredSent:
            oracle.accuse("promise 1: \(name) is called sent, and no server took it")
        case .failed where !mail.isRefused:
            oracle.accuse("promise 1: \(name) is called failed, and no server refused it")
        case .cancelled where !mail.isCancelled:
            oracle.accuse("promise 1: \(name) is called cancelled, and nobody cancelled it")
        case .queued, .reserved, .claimed, .inDoubt, .held:
            if !entry.isFrozen || entry.isInHubsCustody {
                oracle.accuse("rest: \(name) never ends: \(entry.words)")
            }
        default: break
        }
    }
}
