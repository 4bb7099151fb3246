import SyncCore

/// What `syncmail-server` is asked to do.
struct ServerOptions: Equatable, Sendable {
    enum Verb: Hashable, Sendable, CaseIterable {
        case initialise
        case run
        case verify
        case refusals
        case importing
        case key(KeyVerb)
        case backup(BackupVerb)
        case version

        static let allCases: [Verb] =
            [.initialise, .run, .verify, .refusals, .importing] + KeyVerb.allCases.map { .key($0) }
            + BackupVerb.allCases.map { .backup($0) } + [.version]

        /// The words that select the verb.
        var name: String {
            switch self {
            case .initialise: "init"
            case .run: "run"
            case .verify: "verify"
            case .refusals: "refusals"
            case .importing: "import"
            case .key(let verb): "key \(verb.rawValue)"
            case .backup(let verb): "backup \(verb.rawValue)"
            case .version: "version"
            }
        }
    }

    /// What can be done about backups of the hub.
    enum BackupVerb: String, Sendable, CaseIterable {
        case create
        case verify
        case restore
    }

    /// What can be done about the hub's keys.
    enum KeyVerb: String, Sendable, CaseIterable {
        case list
        case addPassphrase = "add-passphrase"
        case addRecovery = "add-recovery"
        case remove
        case rotate
        case recover
    }

    /// What to do; nothing if only help was asked for.
    let verb: Verb?
    /// The help that was asked for.
    let help: LocalizedText?
    /// Whether the answer is for a program.
    let isJSON: Bool
    private let values: [String: String]
    /// The slot that `key remove` names.
    let slot: UInt64
    /// The backup, or the file of records; empty for other verbs.
    let file: String
    /// Whether a backup may take the place of another file.
    let isForced: Bool
    /// Whether `verify` ends the alarms that a person has seen to.
    let dismissesAlarms: Bool

    /// Where the hub's store is when nothing else is said.
    private static let homeDefault = "/var/lib/syncmail-server"

    /// Reads the command line.
    init(_ words: [String]) throws(UsageError) {
        let isHelp = words.isEmpty || words.contains("--help") || words.first == "help"
        let typed = words.first == "help" ? Array(words.dropFirst()) : words
        let verb = Verb.allCases.first { verb in
            typed.starts(with: verb.name.split(separator: " ").map(String.init))
        }
        if isHelp {
            (self.verb, isJSON, values, slot) = (nil, false, [:], 0)
            (file, isForced, dismissesAlarms) = ("", false, false)
            help = verb.map { Self.text(of: Self.help(of: $0)) } ?? Self.overview
            return
        }
        guard let verb else {
            throw UsageError(
                es: "La orden «\(typed.first ?? "")» no existe.",
                en: "There is no command “\(typed.first ?? "")”.", usage: Self.overview)
        }
        let rest = typed.dropFirst(verb.name.split(separator: " ").count)
        var arguments = Arguments(Array(rest), for: Self.help(of: verb))
        var values: [String: String] = [:]
        for option in Self.options(of: verb) where option.value != nil {
            values[option.name] = try arguments.option(option.name)
        }
        isJSON = Self.answersJSON(verb) ? try arguments.flag(Self.json.name) : false
        slot = verb == .key(.remove) ? try Self.slot(from: &arguments) : 0
        isForced = verb == .backup(.create) ? try arguments.flag("force") : false
        dismissesAlarms = verb == .verify ? try arguments.flag("dismiss") : false
        file =
            switch verb {
            case .backup, .importing: try arguments.operand("FILE")
            default: ""
            }
        try arguments.finish()
        (self.verb, help, self.values) = (verb, nil, values)
        guard values["recovery-file"] == nil || values["passphrase-file"] == nil else {
            throw arguments.error(
                es: "Dé la clave de recuperación o la frase, no ambas.",
                en: "Give the recovery key or the passphrase, not both.")
        }
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

    /// Reads which slot to remove, and that this is meant.
    private static func slot(from arguments: inout Arguments) throws(UsageError) -> UInt64 {
        let isForced = try arguments.flag("force")
        guard let number = UInt64(try arguments.operand("SLOT")) else {
            throw arguments.error(
                es: "SLOT es un número de «syncmail-server key list».",
                en: "SLOT is a number of 'syncmail-server key list'.")
        }
        guard isForced else {
            throw arguments.error(
                es: "Lo que abre la ranura \(number) no abrirá más este servidor. Si lo quiere, "
                    + "añada --force.",
                en: "What opens slot \(number) will not open this hub any more. If that is what "
                    + "you want, add --force.")
        }
        return number
    }

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
                        en: "The address that devices use."),
                    .option(
                        "former", "DIR",
                        es: "Servidor parado cuyo lugar toma: se heredan sus claves.",
                        en: "A stopped hub whose place it takes: its keys are taken over."),
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
            case .key(let verb): options(of: verb)
            case .backup(.create):
                [
                    .flag(
                        "force", es: "Reemplazar el archivo si existe.",
                        en: "Replace the file if it exists.")
                ]
            case .backup: options(of: .recover)
            case .verify:
                [
                    .flag(
                        "dismiss", es: "Dar por atendidas las alarmas de lo que ya pasó.",
                        en: "Take alarms of what happened once for settled.")
                ]
            case .refusals, .importing, .version: []
            }
        return own + [home, lang] + (answersJSON(verb) ? [json] : [])
    }

    private static func options(of verb: KeyVerb) -> [OptionHelp] {
        let passphrase = OptionHelp.option(
            "passphrase-file", "FILE", es: "La frase, en la primera línea (- es la entrada).",
            en: "The passphrase, in the first line (- is standard input).")
        let recovery = OptionHelp.option(
            "recovery-file", "FILE", es: "La clave de recuperación (- es la entrada).",
            en: "The recovery key (- is standard input).")
        switch verb {
        case .list, .addRecovery, .rotate: return []
        case .addPassphrase: return [passphrase]
        case .remove: return [.flag("force", es: "Sí, quitarla.", en: "Yes, remove it.")]
        case .recover: return [recovery, passphrase]
        }
    }

    private static func summary(of verb: KeyVerb) -> LocalizedText {
        switch verb {
        case .list:
            LocalizedText(es: "Ver qué abre el servidor.", en: "Show what opens the hub.")
        case .addPassphrase:
            LocalizedText(
                es: "Añadir una frase de contraseña, parado.",
                en: "Add a passphrase, while it is stopped.")
        case .addRecovery:
            LocalizedText(
                es: "Volver a admitir la clave de recuperación, parado.",
                en: "Admit the recovery key again, while it is stopped.")
        case .remove:
            LocalizedText(
                es: "Quitar una ranura, parado.", en: "Remove a slot, while it is stopped.")
        case .rotate:
            LocalizedText(
                es: "Cifrarlo con una clave nueva, parado.",
                en: "Encrypt it under a new key, while it is stopped.")
        case .recover:
            LocalizedText(
                es: "Abrirlo con la clave de recuperación o la frase, parado.",
                en: "Open it with the recovery key or passphrase, while it is stopped.")
        }
    }

    private static func summary(of verb: BackupVerb) -> LocalizedText {
        switch verb {
        case .create:
            LocalizedText(
                es: "Respaldar el servidor, cifrado; también mientras atiende.",
                en: "Save the hub, encrypted; also while it serves.")
        case .verify:
            LocalizedText(
                es: "Comprobar que un respaldo está íntegro.",
                en: "Check that a backup is whole.")
        case .restore:
            LocalizedText(
                es: "Restaurar un respaldo en un directorio vacío.",
                en: "Restore a backup into an empty directory.")
        }
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
        case .refusals:
            LocalizedText(
                es: "Ver cuántas veces rechazó qué el servidor en marcha.",
                en: "Show how often the running hub refused what.")
        case .importing:
            LocalizedText(
                es: "Tomar los registros de un archivo de «syncmail sync export».",
                en: "Take in the records of a file of 'syncmail sync export'.")
        case .key(let verb): summary(of: verb)
        case .backup(let verb): summary(of: verb)
        case .version: LocalizedText(es: "Mostrar la versión.", en: "Show the version.")
        }
    }

    private static func help(of verb: Verb) -> CommandHelp {
        CommandHelp(
            "syncmail-server \(verb.name)", summary: summary(of: verb),
            operands: operands(of: verb),
            options: options(of: verb))
    }

    private static func operands(of verb: Verb) -> String {
        switch verb {
        case .key(.remove): "SLOT"
        case .backup(.create), .importing: "FILE|-"
        case .backup: "FILE"
        case .initialise, .run, .verify, .refusals, .key, .version: ""
        }
    }

    private static func text(of help: CommandHelp) -> LocalizedText {
        LocalizedText(
            es: help.text(in: .spanish, with: []), en: help.text(in: .english, with: []))
    }

    /// All verbs.
    private static let overview: LocalizedText = {
        func lines(_ language: Language) -> String {
            let width = Verb.allCases.map(\.name.count).max() ?? 0
            return Verb.allCases.map { verb in
                let gap = String(repeating: " ", count: width - verb.name.count + 2)
                return "  \(verb.name)\(gap)\(summary(of: verb).text(in: language))"
            }.joined(separator: "\n")
        }
        return LocalizedText(
            es: "Uso: syncmail-server ORDEN [opciones]\n\n" + lines(.spanish)
                + "\n\n«syncmail-server ORDEN --help» explica una orden.",
            en: "Usage: syncmail-server COMMAND [options]\n\n" + lines(.english)
                + "\n\n“syncmail-server COMMAND --help” explains a command.")
    }()
}
