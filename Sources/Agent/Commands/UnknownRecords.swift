import SyncCore

/// Records that this version keeps and passes on without being able to read them.
struct UnknownRecords: Sendable {
    private let record: VoidRecord
    private let device: LocalizedText

    /// Those of some topics whose records no log lists.
    static func all(
        of topics: [Topic] = [.config, .mail], in transaction: ReplicaTransaction
    ) throws -> [UnknownRecords] {
        try topics.flatMap { try transaction.voidRecords(of: $0) }.filter(\.isUnknown).map {
            UnknownRecords(
                record: $0, device: transaction.membership.shownName(of: $0.feed.device))
        }
    }

    /// The sentence for people; nothing if there are none.
    static func line(_ records: [UnknownRecords]) -> LocalizedText? {
        guard !records.isEmpty else { return nil }
        let kinds = Set(records.map(\.record.kind)).sorted().joined(separator: ", ").printable
        return LocalizedText(
            es: "Registros que esta versión no conoce: \(records.count) (\(kinds)). Se guardan y "
                + "se transmiten sin cambios; actualice syncmail en este equipo para que cuenten.",
            en: "Records that this version does not know: \(records.count) (\(kinds)). They are "
                + "kept and passed on unchanged; update syncmail on this device for them to count.")
    }

    /// The value for programs.
    var json: JSONValue {
        [
            "unknown": true, "kind": .string(record.kind),
            "device": .string(record.feed.device.description), "name": .string(device.en),
            "topic": .string(record.feed.scope.name(of: record.feed.topic)),
            "sequence": .integer(Int64(clamping: record.sequence)),
            "time": .string(record.time.timestamp.description), "actor": .string(record.actor),
            "reason": .string(record.reason),
        ]
    }
}
