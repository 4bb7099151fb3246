import SyncCore

/// The recovery key of the organisation, typed from paper or read from a file.
struct RecoveryOption: Sendable {
    private let source: KeySecretOption

    /// The options of every command that needs the paper.
    static let help: [OptionHelp] = [KeySecretOption.recoveryFile]

    init(reading arguments: inout Arguments) throws(UsageError) {
        source = KeySecretOption(
            content: .recoveryKey, file: try arguments.option(KeySecretOption.recoveryFile.name))
    }

    /// Reads the key, and checks that it is this organisation's.
    ///
    /// - Throws: ``RecoveryKeyError`` for a slip of the pen, ``MembershipError`` for another key.
    func key(in workspace: Workspace, _ context: CommandContext) async throws -> SigningKey {
        let text = try await source.read(
            LocalizedText(es: "Clave de recuperación", en: "Recovery key"), in: context)
        let key = try RecoveryKey(text).organisationKey
        let expected = try await workspace.replica.read { $0.membership.recoverySigner }
        guard expected == key.verificationKey else { throw MembershipError(.wrongRecoveryKey) }
        return key
    }
}
