import Glibc
import SyncCore

/// `syncmail-server backup …`, as a person types it.
struct ServerBackup: Sendable {
    let backup: HubBackup
    let options: ServerOptions
    /// Writes an answer to standard output.
    let answer: @Sendable (LocalizedText, JSONValue) -> Void

    /// Carries a verb out.
    func run(_ verb: ServerOptions.BackupVerb) async throws {
        switch verb {
        case .create: try await create()
        case .verify:
            let outcome = try await backup.verify(options.file, credential: readCredential)
            tell(outcome, LocalizedText(es: "El respaldo está íntegro", en: "The backup is whole"))
        case .restore:
            let outcome = try await backup.restore(options.file, credential: readCredential)
            tell(
                outcome,
                LocalizedText(
                    es: "Servidor restaurado, en otra vida; lo que esperaba está en duda",
                    en: "Hub restored, in another life; what waited is in doubt"))
        }
    }

    private func create() async throws {
        let isStream = options.file == "-"
        guard !isStream || isatty(STDOUT_FILENO) == 0 else {
            throw UsageError(
                es: "Un respaldo no se muestra en la pantalla. Redirija la salida.",
                en: "A backup is not shown on the screen. Redirect the output.",
                usage: LocalizedText(
                    es: "Uso: syncmail-server backup create FILE|-",
                    en: "Usage: syncmail-server backup create FILE|-"))
        }
        let file = isStream ? "\(options.home)/.backup-\(getpid())" : absolute(options.file)
        let isBar = isatty(STDERR_FILENO) == 1
        let made = try await backup.create(file, replacing: isStream || options.isForced) {
            if isBar { StandardStream.error.write(bytes: Array("\r\($0) %".utf8)) }
        }
        if isBar { StandardStream.error.write("\r100 %") }
        guard isStream else {
            return answer(
                LocalizedText(
                    es: "Respaldo hecho: \(file). Guárdelo lejos de este servidor.",
                    en: "Backup made: \(file). Keep it away from this hub."), made)
        }
        defer { unlink(file) }
        let source = try BackupFile(reading: file)
        while true {
            let piece = try source.read()
            guard !piece.isEmpty else { return }
            StandardStream.output.write(bytes: piece)
        }
    }

    private func tell(_ outcome: ReplicaRestore.Outcome, _ text: LocalizedText) {
        let (manifest, facts) = (outcome.manifest, outcome.facts)
        let detail = "\(manifest.device), \(manifest.time), \(facts.recordsCount)"
        answer(
            LocalizedText(es: "\(text.es): \(detail)", en: "\(text.en): \(detail)"),
            [
                "file": .string(options.file), "hub": .string(manifest.device.description),
                "made": .string(manifest.time.description), "whole": .boolean(true),
                "records": .integer(Int64(clamping: facts.recordsCount)),
            ])
    }

    /// What opens a backup where this machine's key does not.
    private func readCredential() async throws -> KeyCredential {
        if let file = options["passphrase-file"] {
            return .passphrase(try ServerSecret(file: file).readLine())
        }
        guard let file = options["recovery-file"] else {
            throw BackupError(.noKey, path: options.file)
        }
        return .recovery(try RecoveryKey(try ServerSecret(file: file).read()).databaseKey)
    }

    private func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
