import SyncCore

/// `syncmail key add-passphrase`: lets a passphrase open this device's replica.
struct KeyAddPassphraseCommand: Command {
    static let name = "key add-passphrase"
    static let summary = LocalizedText(
        es: "Añadir una frase de contraseña que abra la réplica.",
        en: "Add a passphrase that opens the replica.")
    static let options: [OptionHelp] = [KeySecretOption.passphraseFile]

    let source: KeySecretOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        let file = try arguments.option(KeySecretOption.passphraseFile.name)
        source = KeySecretOption(content: .passphrase, file: file)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let passphrase = try await read(in: context)
        let keys = context.engine.keys
        let stretched = try keys.stretch(passphrase)
        let number = try await operation.replica.changeKeys(keys) { try $0.add(stretched) }
        try await operation.note(KeyReport(.addedPassphrase, slot: number))
        await context.answer(
            LocalizedText(
                es: "La frase abre ahora esta réplica con «syncmail key recover --passphrase» "
                    + "(ranura \(number)).",
                en: "The passphrase now opens this replica with 'syncmail key recover "
                    + "--passphrase' (slot \(number))."),
            ["slot": .integer(Int64(number))])
    }

    /// Reads it; a person types it twice.
    private func read(in context: CommandContext) async throws -> SecretBytes {
        let first = try await source.read(
            LocalizedText(es: "Frase de contraseña nueva", en: "New passphrase"), in: context)
        try KeyRing.checkPassphrase(first)
        guard source.file == nil else { return first }
        let second = try await source.read(
            LocalizedText(es: "Otra vez", en: "Once more"), in: context)
        let isSame = first.withBytes { first in second.withBytes { first.elementsEqual($0) } }
        guard isSame else { throw KeyError(.passphrasesDiffer) }
        return first
    }
}
