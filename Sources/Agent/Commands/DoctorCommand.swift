import Outbox
import SyncCore

/// `syncmail doctor`: examines this device's storage and clock, says what is wrong and what to do.
///
/// It reads every page of the replica as it lies on the disk, in steps between which others
/// work. Exit 0 means that nothing was found.
struct DoctorCommand: Command {
    static let name = "doctor"
    static let summary = LocalizedText(
        es: "Examinar el disco, el archivo y el reloj de este equipo.",
        en: "Examine this device's disk, file and clock.")
    static let options: [OptionHelp] = [
        .flag(
            "dismiss",
            es: "Dar por atendidas las alarmas del disco y del reloj, si todo está entero.",
            en: "Take the alarms of disk and clock for settled, if everything is whole.")
    ]

    let dismisses: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        dismisses = try arguments.flag("dismiss")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        var examination = await StorageExamination.run(on: workspace.replica)
        if dismisses, examination.isWhole {
            try await workspace.replica.dismissMachineAlarms()
            examination = await StorageExamination.run(on: workspace.replica)
        }
        if context.isJSON {
            await context.write(examination.json(in: context.language))
        } else {
            for line in examination.lines { await context.write(line) }
        }
        if let worst = examination.findings.first { throw DoctorVerdict(worst, examination) }
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
