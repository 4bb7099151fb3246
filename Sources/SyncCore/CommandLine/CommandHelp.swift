/// What the help says about one command, taken from its declarations.
package struct CommandHelp: Sendable {
    package let name: String
    package let summary: LocalizedText
    package let operands: String
    package let options: [OptionHelp]

    /// Describes a command.
    ///
    /// - Parameters:
    ///   - name: The words that select it, the program's name first.
    ///   - summary: One line.
    ///   - operands: The words that follow, such as `TOKEN`.
    ///   - options: Every option that it reads.
    package init(
        _ name: String, summary: LocalizedText, operands: String = "", options: [OptionHelp]
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
    }

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
    ///
    /// - Parameters:
    ///   - language: The language of the texts.
    ///   - common: The options that every command of the program understands.
    /// - Returns: Several lines.
    package func text(in language: Language, with common: [OptionHelp]) -> String {
        var lines = [summary.text(in: language), "", usage.text(in: language)]
        lines += Self.section(LocalizedText(es: "Opciones:", en: "Options:"), options, language)
        lines += Self.section(
            LocalizedText(es: "En todas las órdenes:", en: "In every command:"), common,
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
