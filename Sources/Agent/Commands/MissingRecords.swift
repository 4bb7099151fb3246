import SyncCore

/// Records that others wrote, which are missing before some that are here.
struct MissingRecords: Sendable {
    private let gap: FeedGap
    private let device: LocalizedText

    /// Everything that is missing.
    static func all(in transaction: ReplicaTransaction) throws -> [MissingRecords] {
        try transaction.waiting.gaps().map { gap in
            MissingRecords(
                gap: gap, device: transaction.membership.shownName(of: gap.feed.device))
        }
    }

    /// The sentence for people.
    var line: LocalizedText {
        let topic = gap.feed.topic.title
        guard gap.isOfRecords else {
            return LocalizedText(
                es: "Faltan cambios de miembros para registros de «\(device.es)»; se piden al "
                    + "sincronizar.",
                en: "Membership changes are missing for records of “\(device.en)”; they are "
                    + "asked for at the next sync.")
        }
        let (first, last) = (gap.storedCount + 1, gap.firstWaiting - 1)
        return LocalizedText(
            es: "Faltan registros de «\(device.es)», \(topic.es): \(first)–\(last). Se piden al "
                + "sincronizar; sin red, importe otro archivo de ese equipo.",
            en: "Records of “\(device.en)”, \(topic.en), are missing: \(first)–\(last). They are "
                + "asked for at the next sync; without a network, import another file of that "
                + "device.")
    }

    /// The value for programs.
    var json: JSONValue {
        [
            "device": .string(gap.feed.device.description),
            "topic": .string(gap.feed.scope.name(of: gap.feed.topic)),
            "stored": .integer(Int64(clamping: gap.storedCount)),
            "first_waiting": .integer(Int64(clamping: gap.firstWaiting)),
            "last_waiting": .integer(Int64(clamping: gap.lastWaiting)),
        ]
    }
}
