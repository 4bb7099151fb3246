import SyncCore

/// What `syncmail-server` is asked to do.
struct ServerOptions: Equatable, Sendable {
    enum Verb: String, Sendable, CaseIterable {
        case initialise = "init"
        case run
        case verify
        case version
    }

    /// What to do; nothing if only help was asked for.
    let verb: Verb?
    /// The help that was asked for.
    let help: LocalizedText?
    /// Whether the answer is for a program.
    let isJSON: Bool
    private let values: [String: String]

    /// Where the hub's store is when nothing else is said.
    private static let homeDefault = "/var/lib/syncmail-server"

    /// Reads the command line.
    init(_ words: [String]) throws(UsageError) {
        let isHelp = words.isEmpty || words.contains("--help") || words.first == "help"
        let first = words.first == "help" ? words.dropFirst().first : words.first
        let verb = first.flatMap { Verb(rawValue: $0) }
        if isHelp {
            (self.verb, isJSON, values) = (nil, false, [:])
            help = verb.map { Self.text(of: Self.help(of: $0)) } ?? Self.overview
            return
        }
        guard let verb else {
            throw UsageError(
                es: "La orden «\(first ?? "")» no existe.",
                en: "There is no command “\(first ?? "")”.", usage: Self.overview)
        }
        var arguments = Arguments(Array(words.dropFirst()), for: Self.help(of: verb))
        var values: [String: String] = [:]
        for option in Self.options(of: verb) where option.value != nil {
            values[option.name] = try arguments.option(option.name)
        }
        isJSON = Self.answersJSON(verb) ? try arguments.flag(Self.json.name) : false
        try arguments.finish()
        (self.verb, help, self.values) = (verb, nil, values)
        if verb == .initialise { try Self.check(url: values["url"], arguments) }
        guard (values["tls-cert"] == nil) == (values["tls-key"] == nil) else {
            throw arguments.error(
                es: "--tls-cert y --tls-key van juntas.",
                en: "--tls-cert and --tls-key go together.")
        }
    }

    /// The value of an option, if it was given.
    subscript(name: String) -> String? { values[name] }

    /// Where the hub's store is.
    var home: String { values["home"] ?? Self.homeDefault }

    /// The address under which devices reach the hub; checked for `init`.
    var url: String { values["url"] ?? "" }

    private static func check(url: String?, _ arguments: Arguments) throws(UsageError) {
        guard let url, url.hasPrefix("https://") || url.hasPrefix("http://"),
            url.utf8.count <= HubCard.urlByteCountMaximum,
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw arguments.error(
                es: "Falta --url, o no es como https://hub.empresa.com.",
                en: "--url is missing, or not like https://hub.company.com.")
        }
    }

    /// The language that a command line names, right or wrong; errors are told in it too.
    static func language(in words: [String]) -> Language? {
        let option = "--\(lang.name)"
        if let word = words.last(where: { $0.hasPrefix(option + "=") }) {
            return Language(locale: String(word.dropFirst(option.count + 1)))
        }
        guard let place = words.lastIndex(of: option), place + 1 < words.count else { return nil }
        return Language(locale: words[place + 1])
    }
}

// MARK: - Help

extension ServerOptions {
    private static let json = OptionHelp.flag(
        "json", es: "Responder en JSON.", en: "Answer in JSON.")
    private static let lang = OptionHelp.option(
        "lang", "es|en", es: "Idioma de los textos.", en: "Language of the texts.")
    private static let home = OptionHelp.option(
        "home", "DIR", es: "Directorio del servidor (\(homeDefault)).",
        en: "Directory of the hub (\(homeDefault)).")

    private static func answersJSON(_ verb: Verb) -> Bool { verb != .run }

    /// The options of each verb.
    private static func options(of verb: Verb) -> [OptionHelp] {
        let own: [OptionHelp] =
            switch verb {
            case .initialise:
                [
                    .option(
                        "url", "URL", es: "Dirección que usan los equipos.",
                        en: "The address that devices use.")
                ]
            case .run:
                [
                    .option(
                        "listen", "ADDRESS:PORT", es: "Dónde atender (127.0.0.1:8443).",
                        en: "Where to listen (127.0.0.1:8443)."),
                    .option(
                        "tls-cert", "FILE", es: "Cadena de certificados (PEM).",
                        en: "The chain of certificates (PEM)."),
                    .option(
                        "tls-key", "FILE", es: "Clave privada (PEM).",
                        en: "The private key (PEM)."),
                ]
            case .verify, .version: []
            }
        return own + [home, lang] + (answersJSON(verb) ? [json] : [])
    }

    private static func summary(of verb: Verb) -> LocalizedText {
        switch verb {
        case .initialise:
            LocalizedText(
                es: "Crear las claves del servidor y mostrar su código.",
                en: "Make the hub's keys and show its token.")
        case .run: LocalizedText(es: "Atender a los equipos.", en: "Serve the devices.")
        case .verify:
            LocalizedText(
                es: "Ver qué guarda el servidor, parado.",
                en: "Show what the hub holds, while it is stopped.")
        case .version: LocalizedText(es: "Mostrar la versión.", en: "Show the version.")
        }
    }

    private static func help(of verb: Verb) -> CommandHelp {
        CommandHelp(
            "syncmail-server \(verb.rawValue)", summary: summary(of: verb),
            options: options(of: verb))
    }

    private static func text(of help: CommandHelp) -> LocalizedText {
        LocalizedText(
            es: help.text(in: .spanish, with: []), en: help.text(in: .english, with: []))
    }

    /// All verbs.
    private static let overview: LocalizedText = {
        func lines(_ language: Language) -> String {
            let width = Verb.allCases.map(\.rawValue.count).max() ?? 0
            return Verb.allCases.map { verb in
                let gap = String(repeating: " ", count: width - verb.rawValue.count + 2)
                return "  \(verb.rawValue)\(gap)\(summary(of: verb).text(in: language))"
            }.joined(separator: "\n")
        }
        return LocalizedText(
            es: "Uso: syncmail-server ORDEN [opciones]\n\n" + lines(.spanish)
                + "\n\n«syncmail-server ORDEN --help» explica una orden.",
            en: "Usage: syncmail-server COMMAND [options]\n\n" + lines(.english)
                + "\n\n“syncmail-server COMMAND --help” explains a command.")
    }()
}
