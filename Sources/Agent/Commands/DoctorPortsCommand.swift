import Outbox
import SyncCore

/// `syncmail doctor ports`: says of each mail port whether it is open, before anything is set up.
///
/// A port is open only once a mail server has greeted and encrypts behind it: an antivirus that
/// takes the connection itself does not count.
struct DoctorPortsCommand: Command {
    static let name = "doctor ports"
    static let summary = LocalizedText(
        es: "Probar los puertos de un servidor de correo.", en: "Try the ports of a mail server.")
    static let operands = "[HOST…]"
    static let options = ExaminationOptions.help

    private let examination: ExaminationOptions

    init(reading arguments: inout Arguments) throws(UsageError) {
        examination = try ExaminationOptions(reading: &arguments)
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        // The engine connects with its own rights, so not for everybody on the machine.
        try context.engine.checkOperator(context.peer)
        let known = try await KnownServers.read(in: context)
        try await run(
            in: context, known: known,
            with: try await examination.examiner(in: context, domain: known.domain))
    }

    func run(
        in context: CommandContext, known: KnownServers, with examiner: any Examiner
    ) async throws {
        let plan = examination.plan(accounts: known.accounts, hub: known.hub) { host in
            [587, 465].map { port in
                Route(host: host, port: port, security: port == 465 ? .implicit : .startTLS)
            }
        }
        let result = try await NetworkExamination.run(plan, with: examiner, in: context)
        if context.isJSON {
            await context.write(result.json(in: context.language))
        } else {
            for server in result.seen.servers { await show(server, in: context) }
        }
        guard result.diagnosis.canSend else { throw NetworkVerdict(result.diagnosis) }
    }

    private func show(_ server: ServerObservation, in context: CommandContext) async {
        await context.write(
            LocalizedText(
                es: "Probando conexión a \(server.host)...",
                en: "Trying a connection to \(server.host)..."))
        guard case .found = server.resolution else {
            return await context.write(
                LocalizedText(es: "❌ \(server.host): SIN DNS", en: "❌ \(server.host): NO DNS"))
        }
        for observation in server.routes {
            let (mark, word) = Self.verdict(observation)
            let place = observation.place
            await context.write(
                LocalizedText(
                    es: "\(mark) Puerto \(place): \(word.es)",
                    en: "\(mark) Port \(place): \(word.en)"))
        }
    }

    private static func verdict(
        _ observation: RouteObservation
    ) -> (mark: String, word: LocalizedText) {
        let word =
            switch observation.failure?.cause {
            case nil: LocalizedText(es: "ABIERTO", en: "OPEN")
            case .refused: LocalizedText(es: "RECHAZADO", en: "REFUSED")
            case .intercepted: LocalizedText(es: "INTERCEPTADO", en: "INTERCEPTED")
            case .nameNotFound: LocalizedText(es: "SIN DNS", en: "NO DNS")
            case .dropped, .bannerTimeout, .tlsSilent, .unreachable, .localPolicy, .proxyRefused:
                LocalizedText(es: "BLOQUEADO", en: "BLOCKED")
            case let cause?:
                LocalizedText(
                    es: "FALLA (\(cause.name.es))", en: "FAILS (\(cause.name.en))")
            }
        return (observation.isUsable ? "✅" : "❌", word)
    }
}

/// What the replica knows of servers; nothing, on a machine without one.
struct KnownServers: Sendable {
    var accounts: [DirectoryAccount] = []
    var hub: String?
    var domain: MailDomain?

    /// Reads the replica, if there is one and it can be opened.
    static func read(in context: CommandContext) async throws -> KnownServers {
        // The doctor of a machine whose replica is away, locked or broken still looks outside.
        guard let workspace = try? context.engine.workspace() else { return KnownServers() }
        return try await workspace.replica.read { transaction in
            KnownServers(
                accounts: try transaction.directory.accounts(),
                hub: transaction.membership.hub?.url, domain: try transaction.directory.domain())
        }
    }
}

/// What an examination of the network ends with when mail cannot leave.
struct NetworkVerdict: ExplainedError {
    private let finding: Diagnosis.Finding?

    init(_ diagnosis: Diagnosis) {
        finding = diagnosis.findings.first(where: \.isBlocking)
    }

    let exitStatus = ExitStatus.unavailable

    var explanation: LocalizedText {
        guard let card = finding?.code.card else {
            return LocalizedText(
                es: "Desde este equipo no se puede enviar correo.",
                en: "Mail cannot be sent from this machine.")
        }
        return LocalizedText(
            es: "Desde este equipo no se puede enviar (\(card.code.rawValue)). \(card.action.es)",
            en: "Mail cannot leave this machine (\(card.code.rawValue)). \(card.action.en)")
    }
}
