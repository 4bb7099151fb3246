package import SyncCore

/// All commands, and the way from words to one of them.
package struct CommandTable: Sendable {
    /// The commands, in the order in which the help lists them.
    package let commands: [any Command.Type]

    package init(_ commands: [any Command.Type]) {
        self.commands = commands
        assert(Set(commands.map { $0.name }).count == commands.count, "A name is given twice.")
    }

    /// What a command line asks for.
    package enum Request: Sendable {
        case help(String)
        case run(any Command, isJSON: Bool)
    }

    /// Understands a command line, and changes nothing.
    ///
    /// - Throws: ``UsageError``.
    package func request(
        for words: [String], language: Language
    ) throws(UsageError) -> Request {
        var rest = words
        let globals = try GlobalOptions(taking: &rest, usage: Self.usage)
        let isHelp = globals.isHelp || rest.isEmpty || rest.first == "help"
        if rest.first == "help" { rest.removeFirst() }
        if words.first == "help", rest.count == 1, let page = document(rest[0], in: language) {
            return .help(page)
        }
        guard let command = find(&rest) else {
            guard isHelp, rest.isEmpty || hasGroup(rest[0]) else { throw unknown(rest) }
            return .help(overview(of: rest.first, in: language))
        }
        let help = CommandHelp(command)
        if isHelp { return .help(help.text(in: language, with: CommandHelp.common)) }
        var arguments = Arguments(rest, for: help)
        return .run(try command.init(reading: &arguments), isJSON: globals.isJSON)
    }

    /// The list of all commands, or of those whose name begins with a noun.
    package func overview(of noun: String? = nil, in language: Language) -> String {
        let known =
            commands.map { ($0.name, $0.summary) } + Self.ofFront.map { ($0.name, $0.summary) }
        let shown = known.filter { noun == nil || $0.0.hasPrefix("\(noun ?? "") ") }
        let width = shown.map(\.0.count).max() ?? 0
        let lines = shown.map { name, summary in
            let gap = String(repeating: " ", count: width - name.count + 2)
            return "  \(name)\(gap)\(summary.text(in: language))"
        }
        let detail = LocalizedText(
            es: "«syncmail ORDEN --help» explica una orden.",
            en: "“syncmail COMMAND --help” explains a command.")
        return ([Self.usage.text(in: language), ""] + lines + ["", detail.text(in: language)])
            .joined(separator: "\n")
    }

    /// What `syncmail help manual` and `syncmail help completion` print, for whoever installs.
    private func document(_ word: String, in language: Language) -> String? {
        switch word {
        case "manual": ManualPage(self).text(in: language)
        case "completion": BashCompletion(self).text
        default: nil
        }
    }

    private static let usage = LocalizedText(
        es: "Uso: syncmail ORDEN [opciones]", en: "Usage: syncmail COMMAND [options]")

    /// Takes the longest name that the words begin with.
    private func find(_ words: inout [String]) -> (any Command.Type)? {
        for count in [2, 1] where words.count >= count {
            let name = words[..<count].joined(separator: " ")
            if let command = commands.first(where: { $0.name == name }) {
                words.removeFirst(count)
                return command
            }
        }
        return nil
    }

    private func hasGroup(_ noun: String) -> Bool {
        commands.contains { $0.name.hasPrefix("\(noun) ") }
    }

    private func unknown(_ words: [String]) -> UsageError {
        let noun = words[0]
        guard hasGroup(noun) else {
            return UsageError(
                es: "La orden «\(noun)» no existe. «syncmail --help» las enumera.",
                en: "There is no command “\(noun)”. “syncmail --help” lists them.",
                usage: Self.usage)
        }
        let verbs = commands.map { $0.name }.filter { $0.hasPrefix("\(noun) ") }
            .map { $0.dropFirst(noun.count + 1) }.joined(separator: ", ")
        return UsageError(
            es: "Después de «\(noun)» se espera una de estas palabras: \(verbs).",
            en: "After “\(noun)” one of these words is expected: \(verbs).",
            usage: Self.usage)
    }
}

/// The options that stand anywhere and are the same in every command.
private struct GlobalOptions {
    let isJSON: Bool
    let isHelp: Bool

    /// Takes them out of the words before `--`.
    ///
    /// The language and the home have already been followed by the front.
    init(taking words: inout [String], usage: LocalizedText) throws(UsageError) {
        // sendmail's own options are another program's: none of ours may shadow them.
        guard words.first != "sendmail" else {
            (isJSON, isHelp) = (false, words.dropFirst().first == "--help")
            return
        }
        let dashes = words.firstIndex(of: "--") ?? words.count
        var before: [String] = []
        var index = 0
        var (json, help) = (false, false)
        while index < dashes {
            let word = words[index]
            index += 1
            switch word {
            case "--json": json = true
            case "--help", "-h": help = true
            case "--lang", "--home":
                guard index < dashes, !words[index].hasPrefix("--") else {
                    throw UsageError(
                        es: "Falta el valor de \(word).", en: "\(word) needs a value.",
                        usage: usage)
                }
                index += 1
            case _ where word.hasPrefix("--lang=") || word.hasPrefix("--home="): break
            default: before.append(word)
            }
        }
        words = before + words[dashes...]
        (isJSON, isHelp) = (json, help)
    }
}
