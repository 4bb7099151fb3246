package import SyncCore

/// Which mail an event of a program becomes: `event/NAME/RULE/stage|type|subject|text`.
///
/// An event may have several rules, and a rule without a stage is for every stage.
package struct EventRule: Hashable, Sendable {
    /// The name of the rule among those of its event.
    package let name: String
    /// The stage it is for, such as `Cotización Enviada`; nothing for all.
    package let stage: String?
    /// The type of the mail.
    package let type: String
    /// The subject and the text where the event brings none.
    ///
    /// `{entity}`, `{stage}` and `{actor}` stand for what the event says.
    package let subject: String?
    package let text: String?

    /// Whether the rule is for a stage; however its letters are composed, they are the same.
    package func fits(stage: String?) -> Bool { self.stage == nil || self.stage == stage }

    /// A text with the event's own words in it.
    package static func filled(
        _ text: String, entity: String?, stage: String?, actor: UserID
    ) -> String {
        text.replacing("{entity}", with: entity ?? "").replacing("{stage}", with: stage ?? "")
            .replacing("{actor}", with: actor.text)
    }
}

extension ConfigStore {
    /// The rules for an event, in the order of their names; a rule without a type is none yet.
    package func rules(for event: EventName) throws -> [EventRule] {
        let prefix = "event/\(event.text)"
        var fields: [String: [String: String]] = [:]
        for register in try registers(below: prefix) {
            let parts = register.path.parts
            guard parts.count == 4, let text = register.value.text else { continue }
            fields[parts[2], default: [:]][parts[3]] = text
        }
        return fields.keys.sorted().compactMap { name in
            guard let rule = fields[name], let type = rule["type"] else { return nil }
            return EventRule(
                name: name, stage: rule["stage"], type: type, subject: rule["subject"],
                text: rule["text"])
        }
    }
}

/// The name of an event, such as `deal.moved`.
package struct EventName: Hashable, Sendable {
    package let text: String

    private static let byteCountMaximum = 40

    /// Takes a name that can stand in a field of the configuration.
    package init?(_ text: String) {
        guard !text.contains("/"), text.utf8.count <= Self.byteCountMaximum,
            RegisterPath(text) != nil
        else { return nil }
        self.text = text
    }
}
