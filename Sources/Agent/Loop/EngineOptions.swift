import Front
import SyncCore

/// How `syncmail-agent` was started.
struct EngineOptions: Equatable, Sendable {
    /// Who may connect, and whether the engine leaves by itself.
    enum Mode: Equatable, Sendable {
        /// In the foreground, until it is stopped.
        case foreground
        /// Started by a front; leaves when nobody needs it.
        case personal
        /// For all users of the machine.
        case system
    }

    /// How long a personal engine stays without work.
    private static let idleDefault = Duration.seconds(3)

    let home: EngineHome
    let mode: Mode
    /// After how long without work the engine leaves; nil for never.
    let idle: Duration?
    /// Where programs hand in mail over SMTP; nil for nowhere.
    let smtp: LoopbackAddress?
    /// Whether that address was asked for, so that the engine must not go without it.
    let isSMTPRequired: Bool
    /// Where programs hand in mail over HTTP with a password, besides the Unix socket; nil for
    /// nowhere.
    let http: LoopbackAddress?
    /// Where to tell that the engine serves, or why it cannot.
    let readyDescriptor: Int32?

    private static let help = [
        OptionHelp.option(
            "home", "DIR", es: "Directorio de la réplica.", en: "Directory of the replica."),
        .option("lang", "es|en", es: "Idioma de los textos.", en: "Language of the texts."),
        .flag(
            "personal", es: "Terminar cuando nadie lo necesite.", en: "Leave when unneeded."),
        .flag("system", es: "Atender a todos los usuarios.", en: "Serve all users."),
        .option(
            "idle", "SECONDS", es: "Terminar tras estos segundos sin trabajo.",
            en: "Leave after so many seconds without work."),
        .option(
            "smtp", "ADDRESS|off", es: "Dónde entregan correo los programas (127.0.0.1:2525).",
            en: "Where programs hand in mail (127.0.0.1:2525)."),
        .option(
            "http", "ADDRESS|off", es: "Dónde atender HTTP con contraseña (en ningún sitio).",
            en: "Where to serve HTTP with a password (nowhere)."),
        .option(
            "ready-descriptor", "N", es: "Descriptor donde avisar que está listo.",
            en: "Descriptor on which to tell that it is ready."),
    ]

    init(_ words: [String]) throws(UsageError) {
        let help = CommandHelp(
            "syncmail-agent",
            summary: LocalizedText(
                es: "El motor de syncmail.", en: "The engine of syncmail."),
            options: Self.help)
        var arguments = Arguments(words, for: help)
        let directory = try arguments.requiredOption("home")
        _ = try arguments.option("lang")
        let isPersonal = try arguments.flag("personal")
        let isSystem = try arguments.flag("system")
        guard !isPersonal || !isSystem else {
            throw arguments.error(
                es: "--personal y --system se excluyen.", en: "--personal excludes --system.")
        }
        let seconds = try arguments.numberOption("idle", in: 1...86_400)
        readyDescriptor = try arguments.numberOption("ready-descriptor", in: 3...1023)
            .map(Int32.init)
        let smtpText = try arguments.option("smtp")
        let httpText = try arguments.option("http")
        try arguments.finish()
        // A personal engine that a front started is gone in a moment; no program can rely on it.
        smtp = try Self.address(
            smtpText, else: isPersonal ? nil : .smtpDefault, "smtp", arguments)
        isSMTPRequired = smtpText != nil
        http = try Self.address(httpText, else: nil, "http", arguments)
        guard directory.hasPrefix("/") else {
            throw arguments.error(
                es: "--home debe ser una ruta absoluta.", en: "--home must be an absolute path.")
        }
        mode = isSystem ? .system : isPersonal ? .personal : .foreground
        home = EngineHome(directory: directory, kind: isSystem ? .system : .personal)
        idle = seconds.map { .seconds($0) } ?? (isPersonal ? Self.idleDefault : nil)
    }

    private static func address(
        _ text: String?, else usual: LoopbackAddress?, _ option: String, _ arguments: Arguments
    ) throws(UsageError) -> LoopbackAddress? {
        guard let text else { return usual }
        if text == "off" { return nil }
        guard let address = LoopbackAddress(text) else {
            throw arguments.error(
                es: "--\(option) debe ser «off» o una dirección de este equipo, como "
                    + "127.0.0.1:2525: hacia fuera haría falta TLS.",
                en: "--\(option) must be \"off\" or an address of this machine, such as "
                    + "127.0.0.1:2525: beyond it TLS would be needed.")
        }
        return address
    }
}
