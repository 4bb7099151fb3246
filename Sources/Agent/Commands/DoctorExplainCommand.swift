import Outbox
import SyncCore

/// `syncmail doctor explain`: says what a code means, or what another program's error means.
///
/// It needs neither a replica nor a network.
struct DoctorExplainCommand: Command {
    static let name = "doctor explain"
    static let summary = LocalizedText(
        es: "Explicar un código, o el error de otro programa.",
        en: "Explain a code, or another program's error.")
    static let operands = "[CODE|FILE|-]"

    private enum Subject {
        case code(DiagnosisCode)
        case file(String)
        case everything
    }

    private let subject: Subject?

    init(reading arguments: inout Arguments) throws(UsageError) {
        let word = arguments.optionalOperand()
        switch word {
        case nil: subject = nil
        case "all": subject = .everything
        case let word?: subject = DiagnosisCode(typed: word).map { .code($0) } ?? .file(word)
        }
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        switch subject ?? (context.terminal.isInputTerminal ? .everything : .file("-")) {
        case .code(let code):
            await show(code, in: context)
        case .file(let path):
            let bytes = try await context.terminal.readFile(
                path, maximum: ErrorReport.bytesMaximum)
            try await explain(ErrorReport(String(decoding: bytes, as: UTF8.self)), in: context)
        case .everything:
            await list(in: context)
        }
    }

    private func show(_ code: DiagnosisCode, in context: CommandContext) async {
        let card = code.card
        await context.answer(
            LocalizedText(
                es: "\(code.rawValue): \(card.cause.es)\nQUÉ HACER: \(card.action.es)",
                en: "\(code.rawValue): \(card.cause.en)\nWHAT TO DO: \(card.action.en)"),
            Self.json(card, in: context.language))
    }

    private func explain(_ report: ErrorReport, in context: CommandContext) async throws {
        guard let code = report.code else { throw UnknownReport() }
        let card = code.card
        let port = report.port.map { ":\($0)" } ?? ""
        let place = report.host.map { " \($0)\(port)" } ?? ""
        if context.isJSON {
            await context.write(
                .members([
                    (
                        "report",
                        [
                            "code": .string(code.rawValue),
                            "host": .optional(report.host?.text),
                            "port": report.port.map { .integer(Int64($0)) } ?? .null,
                            "evidence": .optional(report.evidence),
                        ]
                    ),
                    ("card", Self.json(card, in: context.language)),
                ]))
            return
        }
        await context.write(
            LocalizedText(
                es: "\(code.rawValue)\(place): \(card.cause.es)\n"
                    + "    Evidencia: \(report.evidence ?? "")\nQUÉ HACER: \(card.action.es)",
                en: "\(code.rawValue)\(place): \(card.cause.en)\n"
                    + "    Evidence: \(report.evidence ?? "")\nWHAT TO DO: \(card.action.en)"))
        if let host = report.host {
            await context.write(
                LocalizedText(
                    es: "Para probarlo desde aquí: «syncmail doctor \(host)».",
                    en: "To try it from here: “syncmail doctor \(host)”."))
        }
    }

    private func list(in context: CommandContext) async {
        var table = Table(
            [.whole(es: "Código", en: "Code"), .words(es: "Qué ocurre", en: "What happens")],
            empty: LocalizedText(es: "", en: ""))
        for code in DiagnosisCode.allCases {
            table.add([code.rawValue, code.card.cause.text(in: context.language)])
        }
        await context.answer(
            table, DiagnosisCode.allCases.map { Self.json($0.card, in: context.language) })
    }

    private static func json(_ card: FixCard, in language: Language) -> JSONValue {
        [
            "code": .string(card.code.rawValue), "cause": .string(card.cause.text(in: language)),
            "action": .string(card.action.text(in: language)),
        ]
    }
}

/// A text in which no known failure of mail was found.
struct UnknownReport: ExplainedError {
    let exitStatus = ExitStatus.badData

    var explanation: LocalizedText {
        LocalizedText(
            es: "En ese texto no se encontró un fallo de correo conocido. Pegue el error entero, "
                + "con su última línea, o examine el servidor: «syncmail doctor SERVIDOR».",
            en: "No known failure of mail was found in that text. Paste the whole error, its last "
                + "line included, or examine the server: “syncmail doctor SERVER”.")
    }
}
