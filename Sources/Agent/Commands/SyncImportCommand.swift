import SyncCore

/// `syncmail sync import`: takes in what another device exported.
struct SyncImportCommand: Command {
    static let name = "sync import"
    static let summary = LocalizedText(
        es: "Importar los registros que otro equipo exportó.",
        en: "Import the records that another device exported.")
    static let operands = "FILE|-"

    let path: String

    init(reading arguments: inout Arguments) throws(UsageError) {
        path = try arguments.operand("FILE")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let folder = try BackupFolder(at: HomeFiles(home: context.engine.home).importFolder)
        defer { folder.remove() }
        var bar = ProgressBar(
            LocalizedText(es: "Importando", en: "Importing"), in: context)
        let summary = try await ExportImport(
            into: operation.replica, path: path, spool: folder.file("file")
        ).run(
            from: { take in
                try await context.terminal.read(
                    path == "-" ? .standardInput : .file(path), maximum: .max, take: take)
            }, progress: { await bar.show($0) })
        await bar.end()
        operation.workspace.wakeSync()
        operation.workspace.membershipChanged()
        operation.workspace.arrivals.ring()
        let maker = try await operation.replica.read { transaction in
            transaction.membership.shownName(of: summary.maker)
        }
        await tell(summary, maker, in: context)
        if let fork = ImportedFork(summary.forks) { throw fork }
    }

    private func tell(
        _ summary: ExportImport.Summary, _ maker: LocalizedText, in context: CommandContext
    ) async {
        await context.answer(summary.text(maker: maker), summary.json(maker: maker))
        guard summary.waitingCount > 0 else { return }
        await context.warn(
            LocalizedText(
                es: "faltan registros anteriores a algunos de este archivo: se guardan aparte "
                    + "hasta que lleguen («syncmail status» dice cuáles).",
                en: "records before some of this file are missing: those are kept aside until "
                    + "the others come ('syncmail status' says which)."))
    }
}
