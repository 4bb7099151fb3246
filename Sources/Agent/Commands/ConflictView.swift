import SyncCore

/// A conflict and why it is one, as commands show it.
struct ConflictView: Sendable {
    let register: RegisterView
    private let conflict: ConfigConflict
    private let others: [LocalizedText]
    private let removal: (actor: String, device: LocalizedText)?

    init(_ conflict: ConfigConflict, in membership: Membership) {
        self.conflict = conflict
        register = RegisterView(conflict.register, in: membership)
        others = conflict.knowledge.map { membership.shownName(of: $0.other.device) }
        removal = conflict.removal.map {
            ($0.actor, membership.shownName(of: $0.dot.device))
        }
    }

    var path: RegisterPath { conflict.path }

    /// Why one of its values stands beside the others.
    func reason(of index: Int) -> LocalizedText {
        switch conflict.reason {
        case .removed:
            guard let removal, index == 0 else { return LocalizedText(es: "", en: "") }
            return LocalizedText(
                es: "se escribió sin saber que \(removal.actor) lo eliminaba en "
                    + "«\(removal.device.es)»; eliminado prevalece",
                en: "written without knowing that \(removal.actor) removed it on "
                    + "“\(removal.device.en)”; removed prevails")
        case .undone:
            return LocalizedText(
                es: "se deshizo la decisión entre los dos",
                en: "the decision between them was undone")
        case .concurrent, .shownEarlier:
            let knowledge = conflict.knowledge[index]
            let device = others[index]
            guard knowledge.includesOther else {
                return LocalizedText(
                    es: "había recibido \(knowledge.received) cambios de «\(device.es)», y el "
                        + "otro valor es el n.º \(knowledge.other.sequence)",
                    en: "had received \(knowledge.received) changes of “\(device.en)”, and the "
                        + "other value is no. \(knowledge.other.sequence)")
            }
            return conflict.reason == .concurrent
                ? LocalizedText(es: "", en: "")
                : LocalizedText(
                    es: "había recibido el otro valor, pero vio uno anterior",
                    en: "had received the other value, but was shown an earlier one")
        }
    }

    var json: JSONValue {
        guard case .object(var members) = register.json else { return register.json }
        members.append("reason", .string(conflict.reason.rawValue))
        members.append(
            "why",
            .array(
                conflict.register.entries.indices.map { index in
                    .string(reason(of: index).en)
                }))
        return .object(members)
    }
}
