import Front
import SyncCore

/// `syncmail backup create`: saves the replica while it is being used.
struct BackupCreateCommand: Command {
    static let name = "backup create"
    static let summary = LocalizedText(
        es: "Respaldar este equipo, cifrado, en un archivo.",
        en: "Save this device, encrypted, to a file.")
    static let operands = "FILE|-"
    static let options: [OptionHelp] = [
        .flag("force", es: "Reemplazar el archivo si existe.", en: "Replace the file if it exists.")
    ]

    let target: String
    let isForced: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        isForced = try arguments.flag("force")
        target = try arguments.operand("FILE")
        try arguments.finish()
        guard !target.isEmpty, !target.hasSuffix("/") else {
            throw arguments.error(
                es: "Indique un archivo, no un directorio.",
                en: "Name a file, not a directory.")
        }
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        if target == "-" {
            guard !context.terminal.isTerminal else { throw BackupToTerminal() }
            try await stream(operation, in: context)
        } else {
            try await store(operation, in: context)
        }
    }

    private func store(_ operation: Operation, in context: CommandContext) async throws {
        let path = target.hasPrefix("/") ? target : "\(context.workingDirectory)/\(target)"
        // Before the work; the name is given atomically after it.
        guard isForced || !BackupFile.exists(path) else { throw BackupError(.exists, path: path) }
        let folder = try BackupFolder(beside: path)
        defer { folder.remove() }
        let manifest = try await make(in: folder, operation, context)
        try folder.publish(BackupMaker.resultName, as: path, replacing: isForced)
        await context.answer(
            LocalizedText(
                es: "Respaldo hecho: \(path). Compruébelo con «syncmail backup verify», y "
                    + "guárdelo lejos de este equipo.",
                en: "Backup made: \(path). Check it with 'syncmail backup verify', and keep it "
                    + "away from this device."),
            BackupView.json(manifest, file: path))
    }

    /// Makes the backup in the home, and then writes it to standard output.
    ///
    /// A repetition of this very run, after a lost connection, writes the same bytes, so that
    /// the front can go on where it was.
    private func stream(_ operation: Operation, in context: CommandContext) async throws {
        let run = context.submission.bytes.hexadecimal
        let folder = try BackupFolder(
            at: HomeFiles(home: context.engine.home).backupFolder, keeping: run)
        if !BackupFile.exists(folder.file(run)) {
            do {
                _ = try await make(in: folder, operation, context)
                try folder.publish(
                    BackupMaker.resultName, as: folder.file(run), replacing: true)
            } catch {
                folder.remove()
                throw error
            }
        }
        let file = try BackupFile(reading: folder.file(run))
        while true {
            try Task.checkCancellation()
            let piece = try file.read()
            guard !piece.isEmpty else { break }
            await context.terminal.writeBytes(piece)
        }
        folder.remove()
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

/// A backup is of no use on a screen.
private struct BackupToTerminal: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "Un respaldo no se muestra en la pantalla. Redirija la salida, o indique un "
                + "archivo.",
            en: "A backup is not shown on the screen. Redirect the output, or name a file.")
    }

    var exitStatus: ExitStatus { .usage }
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
