import SyncCore

/// `syncmail recovery appoint`: makes a device an administrator with the recovery key.
struct RecoveryAppointCommand: Command {
    static let name = "recovery appoint"
    static let summary = LocalizedText(
        es: "Nombrar administrador a un equipo con la clave de recuperación.",
        en: "Make a device an administrator with the recovery key.")
    static let operands = "DEVICE"
    static let options = RecoveryOption.help

    let device: DeviceReference
    let recovery: RecoveryOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        recovery = try RecoveryOption(reading: &arguments)
        device = DeviceReference(text: try arguments.operand("DEVICE"))
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let key = try await recovery.key(in: workspace, context)
        let member = try await Self.appoint(device, with: key, in: workspace)
        let may = member.capabilities.text
        await context.answer(
            LocalizedText(
                es: "El equipo «\(member.card.name)» puede ahora: \(may.es).",
                en: "Device \"\(member.card.name)\" may now: \(may.en)."),
            [
                "device": .string(member.card.id.description),
                "capabilities": member.capabilities.json,
            ])
    }

    /// Makes a device an administrator; one that is already stays one.
    static func appoint(
        _ device: DeviceReference, with key: SigningKey, in workspace: Workspace
    ) async throws -> Membership.Device {
        try await MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel()
        ).add { draft, _ in
            let member = try device.find(in: draft.membership)
            guard !member.capabilities.contains(.admin) else { return }
            let next = member.capabilities.union([.admin])
            try draft.add(
                .grant(device: member.card.id, capabilities: next.sorted(), keys: []),
                signedBy: key)
        }
        workspace.membershipChanged()
        workspace.wakeSync()
        return try await workspace.replica.read { try device.find(in: $0.membership) }
    }
}

/// `syncmail recovery revoke`: revokes a device with the recovery key, the last administrator too.
struct RecoveryRevokeCommand: Command {
    static let name = "recovery revoke"
    static let summary = LocalizedText(
        es: "Dar de baja un equipo con la clave de recuperación, también al último administrador.",
        en: "Revoke a device with the recovery key, even the last administrator.")
    static let operands = "DEVICE"
    static let options = RecoveryOption.help

    let device: DeviceReference
    let recovery: RecoveryOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        recovery = try RecoveryOption(reading: &arguments)
        device = DeviceReference(text: try arguments.operand("DEVICE"))
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let key = try await recovery.key(in: workspace, context)
        let (member, own) = try await workspace.replica.read { transaction in
            (try device.find(in: transaction.membership), transaction.identity.id)
        }
        if member.card.id != own {
            // Only an administrator is told how many records of another device count.
            _ = try await RecoveryAppointCommand.appoint(
                DeviceReference(text: own.description), with: key, in: workspace)
        }
        try await MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel()
        ).revoke(member.card.id, signedBy: key)
        workspace.membershipChanged()
        workspace.wakeSync()
        try await DeviceRevokeCommand.tell(of: member, in: workspace, context)
    }
}
