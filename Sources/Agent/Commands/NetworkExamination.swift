import Outbox
import SyncCore

/// What an examination of the network and of mail servers saw and concluded, to be shown.
struct NetworkExamination: Sendable {
    let seen: NetworkObservations
    let diagnosis: Diagnosis

    init(_ seen: NetworkObservations) {
        self.seen = seen
        diagnosis = Diagnosis(seen)
    }

    /// Looks, and shows how far it has come.
    static func run(
        _ plan: ExaminationPlan, known: KnownServers, with examiner: any Examiner,
        in context: CommandContext
    ) async throws -> NetworkExamination {
        let bar = SharedProgress(
            ProgressBar(
                LocalizedText(es: "Probando servidores", en: "Trying servers"), in: context))
        var seen = try await examiner.examine(plan) { done, total in
            await bar.show(Double(done) / Double(max(total, 1)))
        }
        await bar.end()
        for index in seen.servers.indices {
            seen.servers[index].neighbour = known.neighbours[seen.servers[index].host.text]
        }
        return NetworkExamination(seen)
    }

    /// The table of what was tried: test, detail, result, milliseconds.
    func table(in language: Language) -> Table {
        var table = Table(
            [
                .whole(es: "Prueba", en: "Test"), .words(es: "Detalle", en: "Detail"),
                .whole(es: "Resultado", en: "Result"), .numbers(es: "ms", en: "ms"),
            ], empty: LocalizedText(es: "No se probó nada.", en: "Nothing was tried."))
        if let web = seen.web {
            table.add([
                LocalizedText(es: "Web", en: "Web").text(in: language),
                Self.detail(of: web).text(in: language),
                Self.result(web == .open ? nil : Self.code(of: web)).text(in: language), "",
            ])
        }
        for server in seen.servers {
            table.add([
                "DNS", "\(server.host): \(Self.detail(of: server.resolution).text(in: language))",
                Self.result(Self.code(of: server.resolution)).text(in: language), "",
            ])
            for observation in server.routes {
                table.add([
                    observation.title.text(in: language),
                    "\(server.host): \(observation.detail.text(in: language))",
                    Self.result(observation.failure?.diagnosis).text(in: language),
                    String(observation.elapsed.milliseconds),
                ])
            }
        }
        return table
    }

    /// What is wrong, with the evidence and one next action.
    var lines: [LocalizedText] {
        var lines = diagnosis.findings.map { finding in
            let (card, level) = (finding.code.card, finding.confidence.name)
            let host = finding.host.map { " \($0)" } ?? ""
            return LocalizedText(
                es: "\(finding.code.rawValue)\(host) (\(level.es)): \(card.cause.es)\n"
                    + "    Evidencia: \(finding.evidence.es)",
                en: "\(finding.code.rawValue)\(host) (\(level.en)): \(card.cause.en)\n"
                    + "    Evidence: \(finding.evidence.en)")
        }
        for way in diagnosis.ways {
            guard let route = way.route else { continue }
            let place = AccountRoute(route)
            lines.append(
                LocalizedText(
                    es: "\(way.host): se puede enviar por \(place).",
                    en: "\(way.host): mail can leave over \(place)."))
        }
        if let first = diagnosis.findings.first {
            let action = first.code.card.action
            lines.append(
                LocalizedText(es: "QUÉ HACER: \(action.es)", en: "WHAT TO DO: \(action.en)"))
        }
        return lines
    }

    private static func result(_ code: DiagnosisCode?) -> LocalizedText {
        guard let code else { return LocalizedText(es: "ÉXITO", en: "OK") }
        return LocalizedText(es: "FALLO (\(code.rawValue))", en: "FAILED (\(code.rawValue))")
    }

    private static func code(of web: NetworkObservations.Web) -> DiagnosisCode? {
        switch web {
        case .open: nil
        case .captive: .captivePortal
        case .closed: .networkFiltered
        }
    }

    private static func code(of resolution: NameResolution) -> DiagnosisCode? {
        switch resolution {
        case .found: nil
        case .unknown: .hostTypo
        case .failed: .nameServerDown
        }
    }

    private static func detail(of web: NetworkObservations.Web) -> LocalizedText {
        switch web {
        case .open: LocalizedText(es: "abierta", en: "open")
        case .captive(let status):
            LocalizedText(es: "responde otra página (\(status))", en: "another page (\(status))")
        case .closed: LocalizedText(es: "no responde", en: "no answer")
        }
    }

    private static func detail(of resolution: NameResolution) -> LocalizedText {
        switch resolution {
        case .found(let addresses):
            LocalizedText(
                es: addresses.joined(separator: ", "), en: addresses.joined(separator: ", "))
        case .unknown: LocalizedText(es: "no existe", en: "does not exist")
        case .failed: LocalizedText(es: "el DNS no responde", en: "DNS does not answer")
        }
    }
}

/// A progress bar that several tasks move.
private actor SharedProgress {
    private var bar: ProgressBar

    init(_ bar: ProgressBar) { self.bar = bar }

    func show(_ part: Double) async {
        var moved = bar
        await moved.show(part)
        bar = moved
    }

    func end() async {
        var ended = bar
        await ended.end()
        bar = ended
    }
}

extension RouteObservation {
    /// Such as `465 (implicit)`, with the kind of address when both were tried.
    fileprivate var title: LocalizedText {
        let mode = route.security == .implicit ? "TLS" : "STARTTLS"
        return LocalizedText(es: "Puerto \(place) (\(mode))", en: "Port \(place) (\(mode))")
    }

    fileprivate var detail: LocalizedText {
        switch result {
        case .success(let offers):
            let ways = offers.authentications.joined(separator: " ")
            return LocalizedText(
                es: "saluda y cifra" + (ways.isEmpty ? "" : "; entrada: \(ways)"),
                en: "greets and encrypts" + (ways.isEmpty ? "" : "; sign-in: \(ways)"))
        case .failure(let failure):
            let words = (failure.reply.map { ": \($0)" }) ?? failure.issuer.map { ": \($0)" } ?? ""
            return LocalizedText(
                es: failure.cause.name.es + words, en: failure.cause.name.en + words)
        }
    }
}

extension AccountRoute {
    /// The port and encryption of a whole route.
    init(_ route: Route) {
        self.init(port: route.port, security: route.security == .implicit ? .implicit : .starttls)
    }
}

extension Diagnosis.Confidence {
    var name: LocalizedText {
        switch self {
        case .likely: LocalizedText(es: "probable", en: "likely")
        case .certain: LocalizedText(es: "seguro", en: "certain")
        }
    }

    /// What programs read.
    var word: String { name.en }
}
