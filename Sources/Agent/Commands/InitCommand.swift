import SyncCore

/// `syncmail init`: begins an organisation on this device.
struct InitCommand: Command {
    static let name = "init"
    static let summary = LocalizedText(
        es: "Crear una organización en este equipo.",
        en: "Begin an organisation on this device.")
    static let options: [OptionHelp] = [
        .option("org", "NAME", es: "Nombre de la organización.", en: "The organisation's name."),
        .option(
            "branch", "ID", es: "Sucursal de este equipo (matriz si falta).",
            en: "The branch of this device (matriz if left out)."),
        .option("name", "NAME", es: "Nombre de este equipo.", en: "The name of this device."),
    ]

    let organisation: String
    let branch: BranchID
    let device: DeviceName

    init(reading arguments: inout Arguments) throws(UsageError) {
        let typed = try arguments.line("org", maximum: Genesis.nameByteCountMaximum)
        branch = try arguments.identifier("branch") ?? BranchID(validated: "matriz")
        device = try DeviceName(reading: &arguments)
        try arguments.finish()
        guard let typed else {
            throw arguments.error(
                es: "Falta la opción --org.", en: "The option --org is missing.")
        }
        organisation = typed
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let recovery = RecoveryKey(randomFrom: context.engine.environment)
        let (organisation, branch) = (organisation, branch)
        let identity = try await context.engine.makeWorkspace(
            name: device.text, recovery: recovery.databaseKey.target
        ) { workspace in
            try await workspace.replica.write {
                try $0.found(organisation, branch: branch, recovery: recovery)
            }
            return workspace.replica.identity.id
        }
        if context.isJSON {
            await context.write([
                "organisation": .string(organisation), "device": .string(identity.description),
                "recovery_key": .string(recovery.text),
            ])
            return
        }
        await context.write(
            LocalizedText(
                es: """
                    Organización «\(organisation)» creada. Este equipo la administra.

                    Clave de recuperación (se muestra una sola vez; anótela en papel):

                        \(recovery.text)

                    Abre la réplica de cualquier equipo de la organización si este pierde su
                    clave. Compruebe ahora lo anotado con «syncmail key recover».

                    Siguiente paso: en la oficina central, «syncmail-server init», y aquí
                    «syncmail hub attach CÓDIGO».
                    """,
                en: """
                    Organisation "\(organisation)" begun. This device administers it.

                    Recovery key (shown only once; write it on paper):

                        \(recovery.text)

                    It opens the replica of any device of the organisation that loses its own
                    key. Check now what you wrote down: 'syncmail key recover'.

                    Next: run 'syncmail-server init' at head office, then
                    'syncmail hub attach TOKEN' here.
                    """))
    }
}

/// The name that people give a device.
struct DeviceName: Sendable {
    let text: String

    /// Reads `--name`, or takes the machine's own name.
    init(reading arguments: inout Arguments) throws(UsageError) {
        let name = try arguments.option("name") ?? HostName.current
        guard (1...DeviceCard.nameByteCountMaximum).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else {
            throw arguments.error(
                es: "El nombre del equipo es demasiado largo o tiene caracteres no válidos.",
                en: "The name of the device is too long or has characters that are not allowed.")
        }
        text = name
    }
}
