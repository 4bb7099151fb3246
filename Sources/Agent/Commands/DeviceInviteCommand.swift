import SyncCore

/// `syncmail device invite`: makes a token with which one device can join.
struct DeviceInviteCommand: Command {
    static let name = "device invite"
    static let summary = LocalizedText(
        es: "Crear un código para unir un equipo nuevo.",
        en: "Make a token for a new device to join.")
    static let options: [OptionHelp] = [
        .option("branch", "ID", es: "Sucursal del equipo.", en: "The device's branch."),
        .option(
            "capability", "admin|sender|auditor", isRepeatable: true,
            es: "Lo que podrá hacer además de poner correo en cola.",
            en: "What it may do beyond queueing mail."),
        .option(
            "hours", "N", es: "Horas de validez, hasta 24.", en: "Hours of validity, up to 24."),
    ]

    let branch: BranchID
    let capabilities: [Capability]
    let hours: Int

    init(reading arguments: inout Arguments) throws(UsageError) {
        guard let branch: BranchID = try arguments.identifier("branch") else {
            throw arguments.error(
                es: "Falta la opción --branch.", en: "The option --branch is missing.")
        }
        self.branch = branch
        capabilities = try CapabilityOption.read(&arguments)
        hours = try arguments.numberOption("hours", in: 1...24) ?? 24
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let environment = context.engine.environment
        let expires = environment.now().advanced(by: .seconds(hours * 3600))
        let seed = environment.randomBytes(SigningKey.seedByteCount)
        var copy = seed
        let key = SigningKey(seed: SecretBytes(consuming: &copy)).verificationKey
        let id = InviteID(randomFrom: environment)
        let (branch, capabilities) = (branch, capabilities)
        let (hub, organisation) = try await workspace.replica.read {
            ($0.membership.hub, $0.membership.organisation)
        }
        guard let hub else { throw WorkspaceError.noHub }
        try await MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel()
        ).make { _ in
            .invite(
                Invitation(
                    id: id, key: key, branch: branch, capabilities: capabilities,
                    expires: expires))
        }
        let token = JoinToken(
            hub: hub, organisation: organisation, invite: id, seed: seed, expires: expires)
        let text = TokenText.write(token, prefix: JoinToken.prefix)
        if context.isJSON {
            await context.write([
                "token": .string(text), "expires": .string(expires.description),
            ])
        } else {
            await context.write(
                LocalizedText(
                    es: "En el equipo nuevo, en menos de \(hours) h, ejecute:",
                    en: "On the new device, within \(hours) h, run:"))
            await context.terminal.write("\n    syncmail join \(text)\n")
        }
    }
}

/// The option that names capabilities.
enum CapabilityOption {
    static func read(_ arguments: inout Arguments) throws(UsageError) -> [Capability] {
        var capabilities: Set<Capability> = []
        for name in try arguments.options("capability") {
            guard let capability = Capability(name: name) else {
                throw arguments.error(
                    es: "--capability debe ser admin, sender o auditor.",
                    en: "--capability must be admin, sender or auditor.")
            }
            capabilities.insert(capability)
        }
        return capabilities.sorted()
    }
}
