import SyncCore

/// `syncmail sync export`: writes what this device holds into a file that another one imports.
struct SyncExportCommand: Command {
    static let name = "sync export"
    static let summary = LocalizedText(
        es: "Guardar los registros, cifrados y firmados, para un equipo sin red.",
        en: "Save the records, sealed and signed, for a device without a network.")
    static let operands = MadeFile.operands
    static let options: [OptionHelp] = [MadeFile.force]

    let file: MadeFile

    init(reading arguments: inout Arguments) throws(UsageError) {
        file = try MadeFile(reading: &arguments)
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let home = HomeFiles(home: context.engine.home).exportFolder
        let summary = try await file.write(in: context, keptIn: home) { folder in
            try await make(in: folder, operation, context)
        }
        guard let summary, let path = file.path(in: context) else { return }
        await context.answer(
            LocalizedText(
                es: "Exportado en \(path): \(summary.recordsCount) registros. En el otro equipo: "
                    + "«syncmail sync import».",
                en: "Exported to \(path): \(summary.recordsCount) records. On the other device: "
                    + "'syncmail sync import'."),
            [
                "file": .string(path), "records": .integer(Int64(summary.recordsCount)),
                "feeds": .integer(Int64(summary.feedsCount)),
                "membership_entries": .integer(Int64(summary.entriesCount)),
                "bytes": .integer(Int64(summary.byteCount)),
            ])
    }

    private func make(
        in folder: BackupFolder, _ operation: Operation, _ context: CommandContext
    ) async throws -> ExportMaker.Summary {
        var bar = ProgressBar(
            LocalizedText(es: "Exportando", en: "Exporting"), in: context)
        let result = try BackupFile(creating: folder.file(MadeFile.resultName))
        let summary = try await ExportMaker(operation.replica, program: Product.version).make(
            write: { try result.write($0[...]) }, progress: { await bar.show($0) })
        try result.sync()
        await bar.end()
        return summary
    }
}
