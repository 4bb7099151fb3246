package import SyncCore

/// What the help says about one command, taken from its declarations.
package struct CommandHelp: Sendable {
    let name: String
    let summary: LocalizedText
    let operands: String
    let options: [OptionHelp]

    package init(_ command: any Command.Type) {
        name = "syncmail \(command.name)"
        summary = command.summary
        operands = command.operands
        options = command.options
    }

    /// Describes a program without commands.
    init(program: String, summary: LocalizedText, options: [OptionHelp]) {
        name = program
        self.summary = summary
        operands = ""
        self.options = options
    }

    /// The options that every command understands.
    package static let common: [OptionHelp] = [
        .flag("json", es: "Responder en JSON.", en: "Answer in JSON."),
        .option("lang", "es|en", es: "Idioma de los textos.", en: "Language of the texts."),
        .option(
            "home", "DIR", es: "Directorio de la réplica.", en: "Directory of the replica."),
        .flag("help", es: "Mostrar esta ayuda.", en: "Show this help."),
    ]

    /// The line that shows how the command is written.
    package var usage: LocalizedText {
        var words = [name]
        for option in options {
            words.append("[\(option.spelling)]" + (option.isRepeatable ? "…" : ""))
        }
        if !operands.isEmpty { words.append(operands) }
        let line = words.joined(separator: " ")
        return LocalizedText(es: "Uso: \(line)", en: "Usage: \(line)")
    }

    /// The whole help of the command.
    package func text(in language: Language) -> String {
        var lines = [summary.text(in: language), "", usage.text(in: language)]
        lines += Self.section(LocalizedText(es: "Opciones:", en: "Options:"), options, language)
        lines += Self.section(
            LocalizedText(es: "En todas las órdenes:", en: "In every command:"), Self.common,
            language)
        return lines.joined(separator: "\n")
    }

    func declaresOption(_ name: String) -> Bool {
        options.contains { $0.name == name && $0.value != nil }
    }

    func declaresFlag(_ name: String) -> Bool {
        options.contains { $0.name == name && $0.value == nil }
    }

    private static func section(
        _ title: LocalizedText, _ options: [OptionHelp], _ language: Language
    ) -> [String] {
        guard !options.isEmpty else { return [] }
        let width = options.map(\.spelling.count).max() ?? 0
        return ["", title.text(in: language)]
            + options.map { option in
                let gap = String(repeating: " ", count: width - option.spelling.count + 2)
                return "  \(option.spelling)\(gap)\(option.summary.text(in: language))"
            }
    }
}
