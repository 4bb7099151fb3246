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
            with: try await examination.examiner(in: context, known: known))
    }

    func run(
        in context: CommandContext, known: KnownServers, with examiner: any Examiner
    ) async throws {
        let plan = examination.plan(accounts: known.accounts, hub: known.hub) { host in
            [587, 465].map { port in
                Route(host: host, port: port, security: port == 465 ? .implicit : .startTLS)
            }
        }
        let result = try await NetworkExamination.run(
            plan, known: known, with: examiner, in: context)
        if context.isJSON {
            await context.write(result.json(in: context.language))
        } else {
            for server in result.seen.servers {
                await PortLines.show(server, in: context)
            }
        }
        guard result.diagnosis.canSend else { throw NetworkVerdict(result.diagnosis) }
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
