/// Why records that were received cannot be stored.
package enum FeedError: Error, Hashable, Sendable {
    /// Records before these are missing.
    case gap(FeedID)
    /// A record differs from the one stored under the same identity.
    case fork(FeedID, sequence: UInt64)
    /// A signature is wrong, or its device does not belong.
    case notAuthentic(FeedID)
    /// The author knew membership entries that are not known here.
    case membershipBehind
    /// The device may not write this feed.
    case notPermitted(FeedID)
}

extension FeedError {
    /// Which records it is about, in no person's language: alarms are stored with it.
    package var evidence: String {
        switch self {
        case .gap(let feed), .notAuthentic(let feed), .notPermitted(let feed):
            feed.scope.name(of: feed.topic)
        case .fork(let feed, let sequence): "\(feed.scope.name(of: feed.topic)) \(sequence)"
        case .membershipBehind: ""
        }
    }
}

extension FeedError: ExplainedError {
    package var explanation: LocalizedText {
        switch self {
        case .gap:
            LocalizedText(
                es: "Faltan registros intermedios. Se pedirán de nuevo al sincronizar.",
                en: "Records in between are missing. They will be asked for at the next sync.")
        case .fork(let feed, let sequence):
            LocalizedText(
                es: "El equipo \(feed.device) escribió dos registros distintos con el número "
                    + "\(sequence). Avise a un administrador: puede ser una copia del equipo.",
                en: "Device \(feed.device) wrote two different records numbered \(sequence). "
                    + "Tell an administrator: the device may have been cloned.")
        case .notAuthentic(let feed):
            LocalizedText(
                es: "La firma de los registros del equipo \(feed.device) no es válida. Se "
                    + "rechazaron.",
                en: "The signature of the records of device \(feed.device) is not valid. They "
                    + "were refused.")
        case .membershipBehind:
            LocalizedText(
                es: "Faltan cambios de miembros. Se pedirán al sincronizar.",
                en: "Membership changes are missing. They will be asked for at the next sync.")
        case .notPermitted(let feed):
            LocalizedText(
                es: "El equipo \(feed.device) no puede escribir registros de este tema.",
                en: "Device \(feed.device) may not write records on this topic.")
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .gap, .membershipBehind: .tryLater
        case .fork, .notAuthentic: .badData
        case .notPermitted: .notPermitted
        }
    }
}

/// Decides which records of a batch are new, and refuses what does not belong.
///
/// The decision needs only where the stored feed ends, who belongs, and, for records that
/// overlap what is stored, their hashes. The batch itself has already proved that its records
/// form one chain that ends at its head.
package struct FeedAdmission {
    private let membership: Membership

    package init(membership: Membership) {
        self.membership = membership
    }

    /// Returns the records to store, in order; none if all are known.
    ///
    /// - Parameters:
    ///   - batch: What was received.
    ///   - end: Where the stored feed ends.
    ///   - hashOfStored: The hash of a stored record, by its sequence.
    /// - Returns: The records that follow the stored ones.
    /// - Throws: ``FeedError`` if any record must not be stored.
    package func newRecords(
        of batch: FeedBatch, after end: FeedStore.End,
        hashOfStored: (UInt64) throws -> Digest?
    ) throws -> ArraySlice<Record> {
        let feed = batch.head.feed
        try checkAuthor(of: batch)
        guard batch.first <= end.count + 1 else { throw FeedError.gap(feed) }
        // The batch's own chain proves the records in between; two ends fix them all.
        let overlap = min(end.count, batch.head.sequence)
        let skipped = Int(overlap + 1 - batch.first)
        if skipped > 0 {
            guard try hashOfStored(overlap) == batch.records[skipped - 1].hash else {
                throw FeedError.fork(feed, sequence: overlap)
            }
        } else if batch.records[0].header.previous != end.hash {
            throw FeedError.fork(feed, sequence: end.count)
        }
        let new = batch.records[skipped...]
        guard new.allSatisfy({ $0.header.membershipHeight <= membership.height }) else {
            throw FeedError.membershipBehind
        }
        return new
    }

    /// Whether a batch is what its author signed and might write.
    package func isAuthentic(_ batch: FeedBatch) -> Bool {
        do throws(FeedError) {
            try checkAuthor(of: batch)
            return true
        } catch {
            return false
        }
    }

    private func checkAuthor(of batch: FeedBatch) throws(FeedError) {
        let feed = batch.head.feed
        guard let key = membership.verificationKey(of: feed.device),
            batch.head.isSigned(by: key, in: membership.organisation),
            batch.records.allSatisfy({
                $0.header.organisation == membership.organisation && $0.header.feed == feed
            })
        else { throw .notAuthentic(feed) }
        // The hub keeps custody of mail; it never configures anything.
        if membership.isHub(feed.device), feed.topic == .config { throw .notPermitted(feed) }
    }
}
