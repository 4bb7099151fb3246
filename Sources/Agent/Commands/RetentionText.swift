import SyncCore

/// What was retired, by whom and when, in words.
struct RetentionText {
    private let cut: RetentionStore.Entry
    private let membership: Membership

    init(_ cut: RetentionStore.Entry, in membership: Membership) {
        (self.cut, self.membership) = (cut, membership)
    }

    /// The whole of it, as a sentence.
    var line: LocalizedText {
        let device = membership.shownName(of: cut.dot.device)
        return LocalizedText(
            es: "Contenidos retirados (\(cut.topic.title.es)): los anteriores a \(cut.before); lo "
                + "firmó \(cut.actor), en el equipo «\(device.es)», el \(cut.time.timestamp).",
            en: "Contents retired (\(cut.topic.title.en)): those before \(cut.before); signed by "
                + "\(cut.actor), on device “\(device.en)”, at \(cut.time.timestamp).")
    }

    /// The same, for programs.
    var json: JSONValue {
        [
            "topic": .string(cut.topic.name), "before": .string(cut.before.description),
            "signed": .string(cut.time.timestamp.description), "actor": .string(cut.actor),
            "device": .string(cut.dot.device.description),
            "device_name": .string(membership.shownName(of: cut.dot.device).en),
        ]
    }
}
