extension ExportImport.Summary {
    /// What the file brought, for people.
    ///
    /// - Parameter maker: What people call its maker.
    /// - Returns: One sentence.
    package func text(maker: LocalizedText) -> LocalizedText {
        LocalizedText(
            es: "Importado de «\(maker.es)» (\(time)): \(newRecordsCount) "
                + "registros nuevos de \(recordsCount), y "
                + "\(newEntriesCount) cambios de miembros.",
            en: "Imported from “\(maker.en)” (\(time)): \(newRecordsCount) "
                + "new records of \(recordsCount), and \(newEntriesCount) "
                + "membership changes.")
    }

    /// The same for programs.
    package func json(maker name: LocalizedText) -> JSONValue {
        [
            "maker": .string(maker.description), "maker_name": .string(name.en),
            "made": .string(time.description),
            "records": .integer(Int64(recordsCount)),
            "new_records": .integer(Int64(newRecordsCount)),
            "new_membership_entries": .integer(Int64(newEntriesCount)),
            "waiting": .integer(Int64(waitingCount)), "refused": .integer(Int64(refusedCount)),
            "forks": .array(
                forks.map { feed in
                    [
                        "device": .string(feed.device.description),
                        "topic": .string(feed.scope.name(of: feed.topic)),
                    ]
                }),
        ]
    }
}

/// A file brought records that contradict stored ones.
package struct ImportedFork: ExplainedError {
    // Empty where another process found them.
    private let feeds: [FeedID]

    /// Says that another process found some.
    package init() {
        feeds = []
    }

    /// Names the feeds; nothing if there are none.
    package init?(_ feeds: [FeedID]) {
        guard !feeds.isEmpty else { return nil }
        self.feeds = feeds
    }

    package var explanation: LocalizedText {
        let list = Set(feeds.map(\.device.description)).sorted().joined(separator: ", ")
        let names = list.isEmpty ? "" : " (\(list))"
        return LocalizedText(
            es: "El archivo trae otra historia de un equipo\(names): fue clonado o miente. Se "
                + "guardaron las dos como prueba y lo demás se importó. Un administrador debe "
                + "elegir qué vida sigue: «syncmail device choose-life».",
            en: "The file holds another history of a device\(names): it was cloned, or lies. "
                + "Both are kept as evidence, and the rest was imported. An administrator has "
                + "to choose which life goes on: 'syncmail device choose-life'.")
    }

    package var exitStatus: ExitStatus { .badData }
}
