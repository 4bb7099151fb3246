import Outbox
import SyncCore

/// What `status` says of a replica that was copied, restored or set back.
struct LifeView: Sendable {
    /// How long after it began another life is told of, when nothing is in doubt any more.
    private static let newsTime = Duration.seconds(30 * 24 * 3600)

    /// The last life that ended.
    let last: FormerLife
    /// How many lives there were before this one.
    let count: Int
    /// How many deliveries wait for a decision because of it.
    let doubtfulCount: Int

    /// Looks at a replica; nothing for one that has had one life.
    init?(_ transaction: ReplicaTransaction) throws {
        let former = try LifeStore(transaction.replicaStore).former()
        guard let last = former.last else { return nil }
        self.last = last
        count = former.count
        doubtfulCount = try transaction.outbox.suspectCount()
    }

    /// The line for people, while there is something to know.
    func line(at now: Timestamp) -> LocalizedText? {
        guard doubtfulCount > 0 || last.end.duration(to: now) < Self.newsTime else { return nil }
        let text = last.reason.text
        let (es, en) =
            doubtfulCount == 0
            ? ("", "")
            : (
                " Entregas inciertas por eso: \(doubtfulCount); decídalas con «syncmail outbox "
                    + "resolve».",
                " Deliveries in doubt because of it: \(doubtfulCount); settle them with "
                    + "'syncmail outbox resolve'."
            )
        return LocalizedText(
            es: "Este equipo empezó otra vida el \(last.end): \(text.es).\(es)",
            en: "This device began another life on \(last.end): \(text.en).\(en)")
    }

    /// The value for programs.
    var json: JSONValue {
        [
            "former": .integer(Int64(count)), "since": .string(last.end.description),
            "reason": .string(last.reason.word), "in_doubt": .integer(Int64(doubtfulCount)),
        ]
    }
}
