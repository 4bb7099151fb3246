import Outbox
import SyncCore

/// `syncmail log list`: shows what happened, on every device whose log arrives here.
struct LogListCommand: Command {
    static let name = "log list"
    static let summary = LocalizedText(
        es: "Ver el registro de todos los intentos.", en: "Show the log of every attempt.")
    static let options: [OptionHelp] =
        LogOptions.help + [
            .option(
                "kind", "mail|route", es: "Solo correos o solo rutas.",
                en: "Only mails or only routes."),
            .attempts,
            .option("limit", "N", es: "Cuántas líneas.", en: "How many lines."),
            .flag("all", es: "Todas.", en: "All of them."),
        ]

    private enum Kind: String {
        case mail
        case route
    }

    private let kind: Kind?
    private let isOfAttempts: Bool
    private let options: LogOptions
    private let limit: Int

    init(reading arguments: inout Arguments) throws(UsageError) {
        options = try LogOptions(reading: &arguments)
        let kind = try arguments.option("kind")
        self.kind = kind.flatMap(Kind.init)
        isOfAttempts = try arguments.flag("attempts")
        let isAll = try arguments.flag("all")
        limit =
            try arguments.numberOption("limit", in: 1...1_000_000)
            ?? (isAll ? .max : OutboxView.limitDefault)
        try arguments.finish()
        guard kind == nil || self.kind != nil else {
            throw arguments.error(
                es: "--kind debe ser mail o route.", en: "--kind must be mail or route.")
        }
        guard !isOfAttempts || (kind == nil && !options.hasWords) else {
            throw arguments.attemptsError()
        }
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let filter = try await options.filter(for: access)
        if isOfAttempts {
            let rows = try await AttemptView.read(filter, limit: limit, from: access.replica)
            guard context.isJSON else { return await context.write(AttemptView.table(rows)) }
            return await context.write(["attempts": .array(rows.map(\.json))])
        }
        let views = try await LogPages(replica: access.replica).read(filter, limit: limit) {
            switch kind {
            case nil: true
            case .mail: $0.message != nil
            case .route: $0.message == nil
            }
        }
        if context.isJSON {
            let rows = JSONValue.array(views.map(\.json))
            await context.write(kind == .route ? ["records": rows] : ["attempts": rows])
        } else {
            await context.write(LogView.table(views, in: context.language))
        }
    }
}

/// `syncmail log show`: shows everything the log says of one mail.
struct LogShowCommand: Command {
    static let name = "log show"
    static let summary = LocalizedText(
        es: "Ver lo que el registro dice de un correo.",
        en: "Show what the log says of one mail.")
    static let operands = "ID"
    static let options: [OptionHelp] = [
        .flag(
            "smtp", es: "Lo que se dijo con el servidor de correo, sin contraseñas.",
            en: "What was said with the mail server, without passwords.")
    ]

    private let mail: MailReference
    private let isOfDialogues: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        isOfDialogues = try arguments.flag("smtp")
        mail = try arguments.mail()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        let id = try await access.replica.read {
            try access.find(mail, in: $0.outbox).mail.message
        }
        if isOfDialogues {
            let dialogues = try await access.replica.read { try $0.outbox.dialogues(of: id) }
            return await DialogueView(dialogues: dialogues).write(in: context)
        }
        let views = try await LogPages(replica: access.replica).lines(of: id)
        await context.answer(
            LogView.table(views, in: context.language), views.map(\.json))
    }
}

/// `syncmail log export`: writes the log for other programs.
struct LogExportCommand: Command {
    static let name = "log export"
    static let summary = LocalizedText(
        es: "Exportar el registro.", en: "Export the log.")
    static let options: [OptionHelp] =
        LogOptions.help + [
            .option("format", "csv|jsonl", es: "Formato (jsonl).", en: "The format (jsonl)."),
            .attempts,
        ]

    private let isCSV: Bool
    private let isOfAttempts: Bool
    private let options: LogOptions

    init(reading arguments: inout Arguments) throws(UsageError) {
        options = try LogOptions(reading: &arguments)
        let format = try arguments.option("format") ?? "jsonl"
        isCSV = format == "csv"
        isOfAttempts = try arguments.flag("attempts")
        try arguments.finish()
        guard isCSV || format == "jsonl" else {
            throw arguments.error(
                es: "--format debe ser csv o jsonl.", en: "--format must be csv or jsonl.")
        }
        guard !isOfAttempts || !options.hasWords else { throw arguments.attemptsError() }
    }

    func run(in context: CommandContext) async throws {
        let access = try await OutboxAccess(of: context)
        var filter = try await options.filter(for: access)
        filter.includesSteps = true
        if isOfAttempts {
            let rows = try await AttemptView.read(filter, limit: .max, from: access.replica)
            if isCSV { await context.terminal.write(CSV.line(AttemptRow.columns)) }
            for row in rows {
                await context.terminal.write(isCSV ? CSV.line(row.csvCells) : row.json.text)
            }
            return
        }
        let views = try await LogPages(replica: access.replica).read(filter, limit: .max)
        if isCSV { await context.terminal.write(CSV.line(LogView.csvNames)) }
        for view in views {
            await context.terminal.write(isCSV ? CSV.line(view.csvCells) : view.json.text)
        }
    }
}

extension OptionHelp {
    /// The rows of `log_envio_correo` instead of lines.
    fileprivate static let attempts = OptionHelp.flag(
        "attempts", es: "Una fila por intento, como log_envio_correo.",
        en: "One row for each attempt, as log_envio_correo.")
}

extension Arguments {
    fileprivate func attemptsError() -> UsageError {
        error(
            es: "--attempts no va con --status ni --kind: una fila es un intento.",
            en: "--attempts does not go with --status or --kind: a row is an attempt.")
    }
}

/// Reads the log page by page, so that a long read holds up nobody else's statement.
struct LogPages: Sendable {
    let replica: Replica

    private static let pageCount = 200

    /// Reads every line about a mail, oldest first.
    func lines(of message: MessageID) async throws -> [LogView] {
        var filter = LogFilter()
        filter.message = message
        filter.includesSteps = true
        return try await read(filter, limit: .max)
    }

    /// Reads the newest lines, and returns them oldest first.
    func read(
        _ filter: LogFilter, limit: Int, where isIncluded: (LogLine) -> Bool = { _ in true }
    ) async throws -> [LogView] {
        let membership = try await replica.read { $0.membership }
        var views: [LogView] = []
        var cursor: LogCursor?
        // Those are few, and found by an index of their own.
        let isOfOneMail = filter.message != nil
        while views.count < limit {
            let place = cursor
            let (page, unknown, floor) = try await replica.read { transaction in
                let floor = isOfOneMail ? nil : try transaction.outbox.logFloor(before: place)
                let page = try transaction.outbox.log(
                    filter, before: place, from: floor, limit: Self.pageCount)
                let unknown = try page.map {
                    try transaction.hasUnknownParts($0.line.feed, $0.line.sequence)
                }
                return (page, unknown, floor)
            }
            for (listed, isUnknown) in zip(page, unknown)
            where isIncluded(listed.line) && views.count < limit {
                views.append(
                    LogView(
                        listed.line, address: listed.address, user: listed.user,
                        mail: listed.mail, in: membership, hasUnknownParts: isUnknown))
            }
            guard let next = page.count == Self.pageCount ? page.last?.cursor : floor else {
                break
            }
            if let since = filter.since, next.time.timestamp < since { break }
            cursor = next
        }
        return views.reversed()
    }
}

extension LogView {
    /// The columns of the export.
    static let csvNames = [
        "time", "event", "estado", "enviado_por", "sucursal", "message_id", "correo_destino",
        "usuario", "actor", "account", "host", "port", "cause", "reply", "mensaje", "tipo",
        "entidad", "contacto", "origen_tipo", "remedio",
    ]

    /// The line in those columns.
    var csvCells: [String] {
        [
            line.time.timestamp.description, line.word.rawValue, state.es, device, line.scope.text,
            line.message?.description ?? "", address ?? "", user ?? "", line.actor,
            line.detail.account?.text ?? "", line.detail.host ?? "",
            line.detail.port.map(String.init) ?? "", line.detail.cause ?? "",
            line.detail.reply ?? "", line.detail.text ?? "", mail.type ?? "", mail.entity ?? "",
            mail.contact?.description ?? "", mail.way?.spanish ?? "", remedy?.es ?? "",
        ]
    }
}

/// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
enum CSV {
    /// Writes one line.
    ///
    /// A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    static func line(_ cells: [String]) -> String {
        cells.map { cell in
            let isFormula = cell.first.map { "=+-@\t\r".contains($0) } ?? false
            let safe = isFormula ? "'" + cell : cell
            return "\"" + safe.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
