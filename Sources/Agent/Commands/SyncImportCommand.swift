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
        guard summary.forks.isEmpty else { throw ImportedFork(feeds: summary.forks) }
    }

    private func tell(
        _ summary: ExportImport.Summary, _ maker: LocalizedText, in context: CommandContext
    ) async {
        await context.answer(
            LocalizedText(
                es: "Importado de «\(maker.es)» (\(summary.time)): \(summary.newRecordsCount) "
                    + "registros nuevos de \(summary.recordsCount), y "
                    + "\(summary.newEntriesCount) cambios de miembros.",
                en: "Imported from “\(maker.en)” (\(summary.time)): \(summary.newRecordsCount) "
                    + "new records of \(summary.recordsCount), and \(summary.newEntriesCount) "
                    + "membership changes."),
            [
                "maker": .string(summary.maker.description), "maker_name": .string(maker.en),
                "made": .string(summary.time.description),
                "records": .integer(Int64(summary.recordsCount)),
                "new_records": .integer(Int64(summary.newRecordsCount)),
                "new_membership_entries": .integer(Int64(summary.newEntriesCount)),
                "waiting": .integer(Int64(summary.waitingCount)),
                "forks": .array(
                    summary.forks.map { feed in
                        [
                            "device": .string(feed.device.description),
                            "topic": .string(feed.scope.name(of: feed.topic)),
                        ]
                    }),
            ])
        guard summary.waitingCount > 0 else { return }
        await context.warn(
            LocalizedText(
                es: "faltan registros anteriores a algunos de este archivo: se guardan aparte "
                    + "hasta que lleguen («syncmail status» dice cuáles).",
                en: "records before some of this file are missing: those are kept aside until "
                    + "the others come ('syncmail status' says which)."))
    }
}

/// A file brought records that contradict stored ones.
private struct ImportedFork: ExplainedError {
    let feeds: [FeedID]

    var explanation: LocalizedText {
        let names = Set(feeds.map(\.device.description)).sorted().joined(separator: ", ")
        return LocalizedText(
            es: "El archivo trae otra historia de un equipo (\(names)): fue clonado o miente. Se "
                + "guardaron las dos como prueba y lo demás se importó. Un administrador debe "
                + "elegir qué vida sigue: «syncmail device choose-life».",
            en: "The file holds another history of a device (\(names)): it was cloned, or lies. "
                + "Both are kept as evidence, and the rest was imported. An administrator has "
                + "to choose which life goes on: 'syncmail device choose-life'.")
    }

    var exitStatus: ExitStatus { .badData }
}
