import SyncCore

extension Membership {
    /// How lists name a device; the English text is also what programs read.
    func shownName(of device: DeviceID) -> LocalizedText {
        if isHub(device) { return LocalizedText(es: "servidor", en: "hub") }
        let name = self.device(device)?.card.name ?? device.description
        return LocalizedText(es: name, en: name)
    }
}

extension Capability {
    /// What it lets a device do, with the word that people type.
    var text: LocalizedText {
        switch self {
        case .admin: LocalizedText(es: "administrar (admin)", en: "administer (admin)")
        case .sender: LocalizedText(es: "enviar (sender)", en: "send (sender)")
        case .auditor: LocalizedText(es: "auditar (auditor)", en: "audit (auditor)")
        }
    }
}

extension Set<Capability> {
    /// What they let a device do, in one order, and a dash for nothing.
    var text: LocalizedText {
        guard !isEmpty else { return LocalizedText(es: "—", en: "—") }
        let texts = sorted().map(\.text)
        return LocalizedText(
            es: texts.map(\.es).joined(separator: ", "), en: texts.map(\.en).joined(separator: ", ")
        )
    }

    /// The words that programs read.
    var json: JSONValue { .array(sorted().map { .string($0.name) }) }
}
