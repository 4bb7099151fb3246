import SyncCore

/// `syncmail key rotate`: encrypts this device's replica under a new key.
struct KeyRotateCommand: Command {
    static let name = "key rotate"
    static let summary = LocalizedText(
        es: "Cifrar la réplica con una clave nueva.", en: "Encrypt the replica under a new key.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let keys = context.engine.keys
        let unknown = try keys.slots().filter { $0.kind == .unknown }
        // Everything else waits: it must be known before.
        if !context.isJSON {
            await context.write(
                LocalizedText(
                    es: "Cifrando la réplica de nuevo. Las demás órdenes esperan mientras tanto…",
                    en: "Encrypting the replica anew. All other commands wait meanwhile…"))
        }
        try await operation.replica.rotateKey(keys)
        try await operation.note(KeyReport(.rotated))
        for slot in unknown {
            await context.warn(
                LocalizedText(
                    es: "La ranura \(slot.number), de una versión más nueva, ya no existe.",
                    en: "Slot \(slot.number), made by a newer version, is gone."))
        }
        if keys.machineKey.isCredential {
            await context.warn(
                LocalizedText(
                    es: "La clave de esta máquina la da systemd y sigue siendo la misma.",
                    en: "systemd provides this machine's key; it is still the same."))
        }
        await context.answer(
            LocalizedText(
                es: "La réplica tiene una clave nueva. La clave de recuperación y las frases la "
                    + "abren como antes; las copias de seguridad anteriores conservan la suya.",
                en: "The replica has a new key. The recovery key and passphrases open it as "
                    + "before; earlier backups keep theirs."),
            ["rotated": true])
    }
}
