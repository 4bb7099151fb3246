/// Something that opens a slot of a key file.
package enum KeyCredential: Sendable {
    /// The key of the machine.
    case machine(SecretBytes)
    /// The half of the recovery key that databases are recovered with.
    case recovery(SealingKey)
    /// What somebody has in mind.
    case passphrase(SecretBytes)

    /// The kind of slot that it opens.
    package var kind: KeySlotKind {
        switch self {
        case .machine: .machine
        case .recovery: .recovery
        case .passphrase: .passphrase
        }
    }
}

/// The kinds of slot of a key file.
package enum KeySlotKind: String, Sendable, CaseIterable {
    case machine
    case recovery
    case passphrase
    /// A kind that a later version wrote.
    case unknown
}
