import SyncCore

/// Two checkpoints that contradict each other, as people and programs read them.
struct SplitViewText: Sendable {
    private let evidence: CheckpointStore.SplitView
    private let witness: LocalizedText?

    init(_ evidence: CheckpointStore.SplitView, in membership: Membership) {
        self.evidence = evidence
        witness = evidence.witness.map { witness in
            let device = membership.shownName(of: witness.feed.device)
            let topic = witness.feed.topic.title
            return LocalizedText(
                es: "el registro \(witness.sequence) de «\(device.es)», \(topic.es)",
                en: "record \(witness.sequence) of “\(device.en)”, \(topic.en)")
        }
    }

    /// The sentence for people.
    var text: LocalizedText {
        let (first, second) = (evidence.first, evidence.second)
        let source =
            witness
            ?? LocalizedText(es: "el mismo servidor", en: "the hub itself")
        return LocalizedText(
            es: "PRUEBA contra el servidor \(first.hub): firmó \(first.size) firmas con raíz "
                + "\(first.root) (\(first.time)) y \(second.size) con raíz \(second.root) "
                + "(\(second.time)), y una no continúa a la otra. La trajo \(source.es).",
            en: "EVIDENCE against the hub \(first.hub): it signed \(first.size) heads with root "
                + "\(first.root) (\(first.time)) and \(second.size) with root \(second.root) "
                + "(\(second.time)), and neither continues the other. It came by \(source.en).")
    }

    /// The value for programs; the bytes are what the hub signed.
    var json: JSONValue {
        [
            "first": evidence.first.json, "second": evidence.second.json,
            "found": .string(evidence.time.description),
            "witness": .optional(witness?.en),
        ]
    }
}

extension Checkpoint {
    /// The checkpoint for programs, with the very bytes that prove it.
    var json: JSONValue {
        [
            "hub": .string(hub.description), "size": .integer(Int64(clamping: size)),
            "root": .string(root.description), "time": .string(time.description),
            "signed": .string(bytes.hexadecimal),
        ]
    }
}
