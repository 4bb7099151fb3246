extension KeySlotKind {
    /// What people read.
    ///
    /// - Parameter isThisMachine: Whether the slot opens with this machine's key.
    /// - Returns: What the slot opens with.
    package func text(isThisMachine: Bool) -> LocalizedText {
        switch self {
        case .machine where isThisMachine:
            LocalizedText(es: "la clave de esta máquina", en: "this machine's key")
        case .machine: LocalizedText(es: "la clave de otra máquina", en: "another machine's key")
        case .recovery: LocalizedText(es: "la clave de recuperación", en: "the recovery key")
        case .passphrase: LocalizedText(es: "una frase de contraseña", en: "a passphrase")
        case .unknown: LocalizedText(es: "algo más nuevo", en: "something newer")
        }
    }
}

extension KeyRing.Slot {
    /// What programs read.
    package var json: JSONValue {
        [
            "slot": .integer(Int64(number)), "kind": .string(kind.rawValue),
            "made": .optional(made?.description), "this_machine": .boolean(isThisMachine),
        ]
    }
}
