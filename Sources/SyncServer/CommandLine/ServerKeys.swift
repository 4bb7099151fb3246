import SyncCore

/// `syncmail-server key …`: what opens the hub's store.
///
/// What changes something needs the hub to be stopped, as its lock shows.
struct ServerKeys: Sendable {
    let keys: KeyRing
    let options: ServerOptions
    /// Opens the store, whose lock is held.
    let open: @Sendable () async throws -> SQLiteStore
    /// Writes an answer.
    let answer: @Sendable (LocalizedText, JSONValue) -> Void

    /// Carries a verb out.
    func run(_ verb: ServerOptions.KeyVerb) async throws {
        switch verb {
        case .list: try list()
        case .addPassphrase: try await addPassphrase()
        case .addRecovery: try await addRecovery()
        case .remove: try await remove()
        case .rotate: try await rotate()
        case .recover: try await recover()
        }
    }

    private func list() throws {
        let slots = try keys.slots()
        func lines(_ language: Language) -> String {
            slots.map { slot in
                let kind = slot.kind.text(isThisMachine: slot.isThisMachine).text(in: language)
                return "\(slot.number)  \(slot.made?.description ?? "—")  \(kind)"
            }.joined(separator: "\n")
        }
        answer(
            LocalizedText(es: lines(.spanish), en: lines(.english)), .array(slots.map(\.json)))
    }

    private func addPassphrase() async throws {
        let file = options["passphrase-file"] ?? "-"
        let stretched = try keys.stretch(try ServerSecret(file: file).readLine())
        let number = try await withStore { store in
            try await store.changeKeys(keys) { try $0.add(stretched) }
        }
        say(
            es: "La frase abre ahora este servidor (ranura \(number)).",
            en: "The passphrase now opens this hub (slot \(number)).", number)
    }

    private func addRecovery() async throws {
        let number = try await withStore { try await $0.addRecoverySlot(keys) }
        guard let number else { throw NoOrganisation() }
        say(
            es: "La clave de recuperación de la organización abre este servidor (ranura "
                + "\(number)).",
            en: "The organisation's recovery key opens this hub (slot \(number)).", number)
    }

    private func remove() async throws {
        let number = options.slot
        try await withStore { store in
            try await store.changeKeys(keys) { try $0.remove(number) }
        }
        say(es: "Ranura \(number) quitada.", en: "Slot \(number) removed.", number)
    }

    private func rotate() async throws {
        try await withStore { try await $0.rotateKey(keys) }
        answer(
            LocalizedText(
                es: "El servidor tiene una clave nueva. La clave de recuperación y las frases lo "
                    + "abren como antes.",
                en: "The hub has a new key. The recovery key and passphrases open it as before."),
            ["rotated": true])
    }

    private func recover() async throws {
        _ = try keys.recover(with: try credential())
        // Proves that this machine opens it now.
        try await withStore { _ in }
        answer(
            LocalizedText(
                es: "Correcta. Esta máquina abre sola el servidor.",
                en: "Right. This machine opens the hub by itself."), ["recovered": true])
    }

    private func credential() throws -> KeyCredential {
        if let file = options["passphrase-file"] {
            return .passphrase(try ServerSecret(file: file).readLine())
        }
        let paper = try ServerSecret(file: options["recovery-file"] ?? "-").read()
        return .recovery(try RecoveryKey(paper).databaseKey)
    }

    private func withStore<Value: Sendable>(
        _ body: (SQLiteStore) async throws -> Value
    ) async throws -> Value {
        let store = try await open()
        do {
            let value = try await body(store)
            try await store.close()
            return value
        } catch {
            try await store.close()
            throw error
        }
    }

    private func say(es: String, en: String, _ number: UInt64) {
        answer(LocalizedText(es: es, en: en), ["slot": .integer(Int64(number))])
    }
}

/// A hub that serves nobody yet.
private struct NoOrganisation: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "El servidor no atiende a ninguna organización todavía. Ejecute «syncmail hub "
                + "attach CÓDIGO».",
            en: "The hub serves no organisation yet. Run 'syncmail hub attach TOKEN'.")
    }
    var exitStatus: ExitStatus { .configuration }
}
