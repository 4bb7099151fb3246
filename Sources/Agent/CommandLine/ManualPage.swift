import SyncCore

/// The manual page `syncmail(1)`, written from the table of commands, as the help is.
struct ManualPage {
    private let table: CommandTable

    init(_ table: CommandTable) {
        self.table = table
    }

    /// The page in the language of `man`, with its letters in UTF-8.
    func text(in language: Language) -> String {
        var lines = [
            #".TH SYNCMAIL 1 "" "syncmail \#(Product.version)""#,
            heading(es: "NOMBRE", en: "NAME", language),
            #"syncmail \- "# + Self.plain(Self.summary, language),
            heading(es: "SINOPSIS", en: "SYNOPSIS", language),
            ".B syncmail",
            Self.plain(LocalizedText(es: "ORDEN [opciones]", en: "COMMAND [options]"), language),
            heading(es: "DESCRIPCIÓN", en: "DESCRIPTION", language),
            Self.plain(Self.description, language),
            heading(es: "ÓRDENES", en: "COMMANDS", language),
        ]
        for command in table.commands { lines += section(CommandHelp(command), language) }
        for command in CommandTable.ofFront {
            lines += [".SS syncmail \(command.name)", Self.plain(command.summary, language)]
        }
        lines.append(heading(es: "EN TODAS LAS ÓRDENES", en: "IN EVERY COMMAND", language))
        lines += CommandHelp.common.flatMap { item($0.spelling, $0.summary, language) }
        lines.append(heading(es: "ENTORNO", en: "ENVIRONMENT", language))
        lines += Self.environment.flatMap { item($0.0, $0.1, language) }
        lines.append(heading(es: "ESTADO DE SALIDA", en: "EXIT STATUS", language))
        lines += Self.statuses.flatMap { item($0.0, $0.1, language) }
        return lines.joined(separator: "\n")
    }

    private func section(_ help: CommandHelp, _ language: Language) -> [String] {
        let operands = help.operands.isEmpty ? "" : " " + help.operands
        return [".SS " + Self.escaped(help.name + operands), Self.plain(help.summary, language)]
            + help.options.flatMap { option in
                item(option.spelling + (option.isRepeatable ? "…" : ""), option.summary, language)
            }
    }

    private func item(_ term: String, _ text: LocalizedText, _ language: Language) -> [String] {
        [".TP", #"\fB"# + Self.escaped(term) + #"\fR"#, Self.plain(text, language)]
    }

    private func heading(es: String, en: String, _ language: Language) -> String {
        ".SH " + LocalizedText(es: es, en: en).text(in: language)
    }

    private static func plain(_ text: LocalizedText, _ language: Language) -> String {
        escaped(text.text(in: language))
    }

    /// The text as roff prints it unchanged: no letter of it is an instruction.
    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return safe.first == "." || safe.first == "'" ? "\\&" + safe : safe
    }

    private static let summary = LocalizedText(
        es: "correo que sale exactamente como se prometió",
        en: "mail that leaves exactly as promised")

    private static let description = LocalizedText(
        es: "Encola correo en el equipo de una sucursal sin necesitar la red, y lo entrega una "
            + "sola vez. El motor (syncmail-agent) se inicia solo en un directorio personal. "
            + "«syncmail ORDEN --help» explica una orden.",
        en: "Queues mail on a branch machine without needing the network, and delivers it once. "
            + "The engine (syncmail-agent) is started by itself in a personal home. "
            + "“syncmail COMMAND --help” explains a command.")

    private static let environment: [(String, LocalizedText)] = [
        (
            "SYNCMAIL_HOME",
            LocalizedText(
                es: "Directorio de la réplica, si no se da --home.",
                en: "Directory of the replica, unless --home is given.")
        ),
        (
            "LC_ALL, LC_MESSAGES, LANG",
            LocalizedText(
                es: "Idioma de los textos, si no se da --lang: español, salvo que digan inglés.",
                en: "Language of the texts, unless --lang is given: Spanish, unless they say "
                    + "English.")
        ),
    ]

    private static let statuses: [(String, LocalizedText)] = [
        ("0", LocalizedText(es: "Hecho, o guardado en cola.", en: "Done, or safely queued.")),
        ("64", LocalizedText(es: "La orden está mal escrita.", en: "The usage is wrong.")),
        ("65", LocalizedText(es: "Los datos no sirven.", en: "The data is wrong.")),
        ("67", LocalizedText(es: "No existe ese usuario.", en: "There is no such user.")),
        ("69", LocalizedText(es: "Algo no está disponible.", en: "Something is unavailable.")),
        ("73", LocalizedText(es: "No se puede crear.", en: "It cannot be created.")),
        (
            "75",
            LocalizedText(
                es: "Inténtelo más tarde; el mensaje dice si algo quedó guardado.",
                en: "Try later; the message says whether anything was stored.")
        ),
        ("77", LocalizedText(es: "No está permitido.", en: "It is not permitted.")),
        ("78", LocalizedText(es: "La configuración no sirve.", en: "The configuration is wrong.")),
    ]
}
