import Outbox
import SyncCore

/// `syncmail doctor`: examines this device and the way to mail servers, says what is wrong and what
/// to do.
///
/// Without servers it first examines this device's storage: it reads every page of the replica as
/// it lies on the disk, in steps between which others work. Then it looks at the servers that
/// were named, or else at those of the accounts; without a replica too. Exit 0 means that the
/// device is well and mail can leave.
struct DoctorCommand: Command {
    static let name = "doctor"
    static let summary = LocalizedText(
        es: "Examinar este equipo y el camino hasta los servidores de correo.",
        en: "Examine this device and the way to mail servers.")
    static let operands = "[HOST…]"
    static let options: [OptionHelp] =
        [
            .flag(
                "dismiss",
                es: "Dar por atendidas las alarmas del disco y del reloj, si todo está entero.",
                en: "Take the alarms of disk and clock for settled, if everything is whole."),
            .flag(
                "local", es: "Solo el disco, el archivo y el reloj; sin tocar la red.",
                en: "Disk, file and clock only; the network is left alone."),
            .flag(
                "report", es: "Una página para quien deba saberlo, en Markdown.",
                en: "A page for whoever has to know, in Markdown."),
            .flag(
                "bundle",
                es: "Todo lo que ayuda a ayudar, en JSON, sin secretos, correos ni direcciones.",
                en: "All that helps to help, in JSON, without secrets, mails and addresses."),
        ] + ExaminationOptions.help

    private let dismisses: Bool
    private let isLocal: Bool
    private let isReport: Bool
    private let isBundle: Bool
    private let examination: ExaminationOptions

    init(reading arguments: inout Arguments) throws(UsageError) {
        dismisses = try arguments.flag("dismiss")
        isLocal = try arguments.flag("local") || dismisses
        isReport = try arguments.flag("report")
        isBundle = try arguments.flag("bundle")
        examination = try ExaminationOptions(reading: &arguments)
        guard !isLocal || examination.hosts.isEmpty else {
            throw arguments.error(
                es: "--local y --dismiss no examinan servidores.",
                en: "--local and --dismiss examine no servers.")
        }
        guard !isReport || !isBundle && !isLocal else {
            throw arguments.error(
                es: "--report es sobre la red, y no lleva --local ni --bundle.",
                en: "--report is about the network, and takes neither --local nor --bundle.")
        }
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
        in context: CommandContext, known: KnownServers,
        with examiner: @autoclosure () async throws -> any Examiner
    ) async throws {
        let storage = examination.hosts.isEmpty ? try await examineStorage(in: context) : nil
        var network: NetworkExamination?
        // A replica that cannot be worked with comes first: there is one thing to do next.
        let isStuck = storage.map { !$0.canWork } ?? false
        // A company whose accounts are not set up yet has no server to look at.
        let isReady = storage == nil || !known.accounts.isEmpty || isReport
        if !isLocal, !isStuck, isReady {
            let plan = examination.plan(
                accounts: known.accounts, hub: known.hub, usual: Route.usual(to:))
            network = try await NetworkExamination.run(
                plan, known: known, with: try await examiner(), in: context)
        }
        let report = network.map { examination in
            IncidentReport(
                examination: examination, waiting: known.waiting, device: HostName.current,
                time: context.engine.environment.now())
        }
        if isBundle {
            await context.write(
                try await SupportBundle.json(storage: storage, report: report, in: context))
        } else if isReport, let report, !context.isJSON {
            await context.terminal.write(report.text(in: context.language))
        } else {
            await show(storage, report, in: context)
        }
        if let storage, let worst = storage.findings.first { throw DoctorVerdict(worst, storage) }
        if let network, !network.diagnosis.canSend { throw NetworkVerdict(network.diagnosis) }
    }

    /// Examines the replica; there is nothing to examine on a machine without one.
    private func examineStorage(in context: CommandContext) async throws -> StorageExamination? {
        let workspace: Workspace
        do {
            workspace = try context.engine.workspace()
        } catch WorkspaceError.notAMember where !isLocal {
            return nil
        }
        let examination = await StorageExamination.run(on: workspace.replica)
        guard dismisses, examination.isWhole else { return examination }
        try await workspace.replica.dismissMachineAlarms()
        return await StorageExamination.run(on: workspace.replica)
    }

    private func show(
        _ storage: StorageExamination?, _ report: IncidentReport?, in context: CommandContext
    ) async {
        let network = report?.examination
        if context.isJSON {
            var value = storage?.members(in: context.language) ?? []
            if let network { value.append(("network", network.json(in: context.language))) }
            if isReport, let report { value.append(("incident", report.json)) }
            return await context.write(.members(value))
        }
        for line in storage?.lines ?? [] { await context.write(line) }
        if let network {
            await context.write(network.table(in: context.language))
            for line in network.lines { await context.write(line) }
        }
    }
}

/// What the doctor ends with when something is wrong.
struct DoctorVerdict: ExplainedError {
    private let count: Int
    let exitStatus: ExitStatus

    init(_ worst: StorageFinding, _ examination: StorageExamination) {
        count = examination.findings.count
        exitStatus = worst.kind.exitStatus
    }

    var explanation: LocalizedText {
        LocalizedText(
            es: "El examen encontró \(count) problema(s); vea arriba qué hacer.",
            en: "The examination found \(count) problem(s); see above what to do.")
    }
}
