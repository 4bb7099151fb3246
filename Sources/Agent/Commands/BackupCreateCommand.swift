import SyncCore

/// `syncmail backup create`: saves the replica while it is being used.
struct BackupCreateCommand: Command {
    static let name = "backup create"
    static let summary = LocalizedText(
        es: "Respaldar este equipo, cifrado, en un archivo.",
        en: "Save this device, encrypted, to a file.")
    static let operands = MadeFile.operands
    static let options: [OptionHelp] = [MadeFile.force]

    let file: MadeFile

    init(reading arguments: inout Arguments) throws(UsageError) {
        file = try MadeFile(reading: &arguments)
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let home = HomeFiles(home: context.engine.home).backupFolder
        let manifest = try await file.write(in: context, keptIn: home) { folder in
            try await make(in: folder, operation, context)
        }
        guard let manifest, let path = file.path(in: context) else { return }
        await context.answer(
            LocalizedText(
                es: "Respaldo hecho: \(path). Compruébelo con «syncmail backup verify», y "
                    + "guárdelo lejos de este equipo.",
                en: "Backup made: \(path). Check it with 'syncmail backup verify', and keep it "
                    + "away from this device."),
            BackupView.json(manifest, file: path))
    }

    private func make(
        in folder: BackupFolder, _ operation: Operation, _ context: CommandContext
    ) async throws -> BackupManifest {
        let keys = try await operation.replica.backupKeys()
        var bar = ProgressBar(
            LocalizedText(es: "Respaldando", en: "Saving"), in: context)
        let maker = BackupMaker(operation.replica, kind: .device, program: Product.version)
        let manifest = try await maker.make(in: folder, keys: keys) { progress in
            let copied = progress.pageCount - progress.remainingCount
            await bar.show(Double(copied) / Double(max(progress.pageCount, 1)))
        }
        await bar.end()
        return manifest
    }
}

/// How a backup is told to programs.
enum BackupView {
    /// What a manifest says.
    static func json(_ manifest: BackupManifest, file: String) -> JSONValue {
        .members(members(manifest, file: file))
    }

    static func members(_ manifest: BackupManifest, file: String) -> [(String, JSONValue)] {
        [
            ("file", .string(file)), ("device", .string(manifest.device.description)),
            ("organisation", .string(manifest.organisation.description)),
            ("made", .string(manifest.time.description)), ("program", .string(manifest.program)),
            ("bytes", .integer(Int64(clamping: manifest.partsByteCount))),
        ]
    }
}
