package import SyncCore

extension CommandHelp {
    /// Describes a command of `syncmail`, from its declarations.
    package init(_ command: any Command.Type) {
        self.init(
            "syncmail \(command.name)", summary: command.summary, operands: command.operands,
            options: command.options)
    }

    /// The options that every command understands.
    package static let common: [OptionHelp] = [
        .flag("json", es: "Responder en JSON.", en: "Answer in JSON."),
        .option("lang", "es|en", es: "Idioma de los textos.", en: "Language of the texts."),
        .option(
            "home", "DIR", es: "Directorio de la réplica.", en: "Directory of the replica."),
        .flag("help", es: "Mostrar esta ayuda.", en: "Show this help."),
    ]
}
