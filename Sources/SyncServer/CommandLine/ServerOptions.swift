import SyncCore

/// What `syncmail-server` is asked to do.
struct ServerOptions: Equatable, Sendable {
    enum Verb: String, Sendable {
        case initialise = "init"
        case run
        case verify
        case version
        case help
    }

    let verb: Verb
    /// Whether the answer is for a program.
    let isJSON: Bool
    private let values: [String: String]

    /// The options of each verb; all but `json` take a value.
    private static let names: [Verb: Set<String>] = [
        .initialise: ["home", "url", "lang", jsonFlag],
        .run: ["home", "listen", "tls-cert", "tls-key", "lang"],
        .verify: ["home", "lang", jsonFlag],
        .version: ["lang"], .help: ["lang"],
    ]
    private static let jsonFlag = "json"

    /// Reads the command line.
    init(_ words: [String]) throws(ServerUsageError) {
        let word = words.first ?? "help"
        guard let verb = Verb(rawValue: word == "--help" ? "help" : word) else {
            throw ServerUsageError(problem: word)
        }
        self.verb = verb
        var values: [String: String] = [:]
        var rest = words.dropFirst()
        while let option = rest.popFirst() {
            guard option.hasPrefix("--") else { throw ServerUsageError(problem: option) }
            let parts = option.dropFirst(2).split(separator: "=", maxSplits: 1)
            let name = parts.first.map(String.init) ?? ""
            guard Self.names[verb]?.contains(name) == true, values[name] == nil else {
                throw ServerUsageError(problem: "--" + name)
            }
            if name == Self.jsonFlag, parts.count == 1 {
                values[name] = ""
                continue
            }
            guard name != Self.jsonFlag,
                let value = parts.count == 2 ? String(parts[1]) : rest.popFirst()
            else { throw ServerUsageError(problem: "--" + name) }
            values[name] = value
        }
        isJSON = values[Self.jsonFlag] != nil
        self.values = values
    }

    /// The value of an option, if it was given.
    subscript(name: String) -> String? { values[name] }

    /// Where the hub's store is.
    var home: String { values["home"] ?? "/var/lib/syncmail-server" }

    /// The value of an option that must be given.
    func required(_ name: String) throws(ServerUsageError) -> String {
        guard let value = values[name], !value.isEmpty else {
            throw ServerUsageError(problem: "--" + name)
        }
        return value
    }

    static let usage = LocalizedText(
        es: """
            Uso:
              syncmail-server init --url https://SERVIDOR [--home DIR] [--json]
              syncmail-server run [--listen DIRECCIÓN:PUERTO] [--home DIR]
                                  [--tls-cert ARCHIVO --tls-key ARCHIVO]
              syncmail-server verify [--home DIR] [--json]
              syncmail-server version
            """,
        en: """
            Usage:
              syncmail-server init --url https://SERVER [--home DIR] [--json]
              syncmail-server run [--listen ADDRESS:PORT] [--home DIR]
                                  [--tls-cert FILE --tls-key FILE]
              syncmail-server verify [--home DIR] [--json]
              syncmail-server version
            """)
}

/// A command line that cannot be understood.
struct ServerUsageError: Error, Hashable, ExplainedError {
    /// The word that was wrong or missing; never a value.
    let problem: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "No se entiende «\(problem)», o falta su valor.\n" + ServerOptions.usage.es,
            en: "\"\(problem)\" is not understood, or its value is missing.\n"
                + ServerOptions.usage.en)
    }

    var exitStatus: ExitStatus { .usage }
}
