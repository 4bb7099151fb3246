import SyncCore

/// `syncmail log verify`: checks every record that this replica holds.
struct LogVerifyCommand: Command {
    static let name = "log verify"
    static let summary = LocalizedText(
        es: "Comprobar que nadie alteró el registro.",
        en: "Check that nobody changed the log.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let report = try await LogVerifier(operation.replica).verify()
        if context.isJSON {
            await context.write(Self.json(report))
        } else {
            await context.write(Self.table(report, in: context.language))
            for cut in report.cuts {
                await context.write(RetentionText(cut, in: report.membership).line)
            }
            if !report.bases.isEmpty {
                let count = report.bases.reduce(0) { $0 + $1.count }
                await context.write(
                    LocalizedText(
                        es: "Este equipo empezó en una instantánea firmada. Los \(count) "
                            + "registros anteriores están en el servidor y en los auditores.",
                        en: "This device began at a signed snapshot. The \(count) records "
                            + "before it are at the hub and the auditors."))
            }
            for finding in report.findings {
                await context.write(Self.text(finding, report))
            }
            for evidence in report.splitViews {
                await context.write(SplitViewText(evidence, in: report.membership).text)
            }
            if let checkpoint = report.checkpoint {
                await context.write(
                    LocalizedText(
                        es: "Último punto de control del servidor: \(checkpoint.size) firmas, "
                            + "\(checkpoint.time), raíz \(checkpoint.root).",
                        en: "Last checkpoint of the hub: \(checkpoint.size) signed heads, "
                            + "\(checkpoint.time), root \(checkpoint.root)."))
            }
        }
        guard report.isWhole else { throw LogNotWhole(report) }
        guard !context.isJSON else { return }
        let count = report.feeds.reduce(0) { $0 + $1.recordsCount }
        await context.write(
            LocalizedText(
                es: "Todo íntegro: \(count) registros y \(report.membership.height) cambios de "
                    + "miembros.",
                en: "Everything is whole: \(count) records and \(report.membership.height) "
                    + "membership changes."))
    }

    private static func table(_ report: VerificationReport, in language: Language) -> Table {
        var table = Table(
            [
                .words(es: "Equipo", en: "Device"), .words(es: "Tema", en: "Topic"),
                .words(es: "Sucursal", en: "Branch"), .numbers(es: "Registros", en: "Records"),
                .words(es: "Último", en: "Last"),
            ],
            empty: LocalizedText(es: "No hay registros.", en: "There are no records."))
        for feed in report.feeds {
            table.add([
                report.membership.shownName(of: feed.feed.device).text(in: language),
                feed.feed.topic.title.text(in: language), feed.feed.scope.text,
                String(feed.recordsCount), feed.lastTime?.timestamp.description ?? "—",
            ])
        }
        return table
    }

    private static func text(
        _ finding: FeedFinding, _ report: VerificationReport
    ) -> LocalizedText {
        let device = report.membership.shownName(of: finding.feed.device)
        let topic = finding.feed.topic.title
        let scope = finding.feed.scope.text.isEmpty ? "—" : finding.feed.scope.text
        let words = finding.explanation
        return LocalizedText(
            es: "MAL: equipo «\(device.es)», tema \(topic.es), sucursal \(scope), registro "
                + "\(finding.sequence): \(words.es).",
            en: "BAD: device “\(device.en)”, topic \(topic.en), branch \(scope), record "
                + "\(finding.sequence): \(words.en).")
    }

    private static func json(_ report: VerificationReport) -> JSONValue {
        let membership = report.membership
        func members(_ feed: FeedID) -> [(String, JSONValue)] {
            [
                ("device", .string(feed.device.description)),
                ("device_name", .string(membership.shownName(of: feed.device).en)),
                ("topic", .string(feed.topic.name)), ("branch", .string(feed.scope.text)),
            ]
        }
        return [
            "whole": .boolean(report.isWhole),
            "membership_entries": .integer(Int64(report.membership.height)),
            "membership_broken_at": report.brokenMembership.map { .integer(Int64($0)) } ?? .null,
            "retired": .array(
                report.cuts.map { RetentionText($0, in: membership).json }),
            "bases": .array(
                report.bases.map { base in
                    .members(
                        members(base.feed) + [
                            ("records", .integer(Int64(clamping: base.count)))
                        ])
                }),
            "checkpoint": report.checkpoint?.json ?? .null,
            "split_views": .array(
                report.splitViews.map { SplitViewText($0, in: membership).json }),
            "unreadable_feeds": .integer(Int64(report.unreadableFeedsCount)),
            "feeds": .array(
                report.feeds.map { feed in
                    .members(
                        members(feed.feed) + [
                            ("records", .integer(Int64(clamping: feed.recordsCount))),
                            ("erased", .integer(Int64(feed.erasedCount))),
                            ("last", .optional(feed.lastTime?.timestamp.description)),
                        ])
                }),
            "findings": .array(
                report.findings.map { finding in
                    .members(
                        members(finding.feed) + [
                            ("sequence", .integer(Int64(clamping: finding.sequence))),
                            ("fault", .string(finding.fault.rawValue)),
                        ])
                }),
        ]
    }
}

/// Records that are not what was signed.
struct LogNotWhole: ExplainedError {
    private let findingsCount: Int
    private let brokenMembership: UInt64?
    private let isSplitAlone: Bool

    init(_ report: VerificationReport) {
        findingsCount = report.findings.count + report.unreadableFeedsCount
        brokenMembership = report.brokenMembership
        isSplitAlone = findingsCount == 0 && !report.splitViews.isEmpty
    }

    var explanation: LocalizedText {
        if let brokenMembership {
            return LocalizedText(
                es: "La cadena de miembros está alterada en el cambio \(brokenMembership). "
                    + "Restaure una copia de seguridad y avise a un administrador.",
                en: "The chain of members was changed at entry \(brokenMembership). Restore a "
                    + "backup, and tell an administrator.")
        }
        guard !isSplitAlone else {
            return LocalizedText(
                es: "Lo que guarda este equipo está íntegro, pero el servidor firmó historias "
                    + "que se contradicen. Guarde esta salida como prueba y avise a un "
                    + "administrador por otro medio.",
                en: "What this device holds is whole, but the hub signed histories that "
                    + "contradict each other. Keep this output as evidence, and tell an "
                    + "administrator some other way.")
        }
        return LocalizedText(
            es: "El registro de este equipo fue alterado o está dañado en \(findingsCount) "
                + "lugar(es). Guarde una copia como prueba, restaure una copia de seguridad y "
                + "avise a un administrador.",
            en: "The log on this device was changed or is damaged in \(findingsCount) place(s). "
                + "Keep a copy as evidence, restore a backup, and tell an administrator.")
    }

    var exitStatus: ExitStatus { .badData }
}
