import SyncCore

/// `syncmail device revoke`: excludes a device from the organisation.
struct DeviceRevokeCommand: Command {
    static let name = "device revoke"
    static let summary = LocalizedText(
        es: "Dar de baja un equipo.", en: "Revoke a device.")
    static let operands = "DEVICE"

    let device: DeviceReference

    init(reading arguments: inout Arguments) throws(UsageError) {
        device = DeviceReference(text: try arguments.operand("DEVICE"))
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        try await workspace.driver()?.synchronise()
        let device = device
        let writer = MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel())
        let member = try await workspace.replica.read { try device.find(in: $0.membership) }
        try await writer.revoke(member.card.id)
        // From now on mail is sealed under a key that the device never had.
        try await writer.make { transaction in
            let membership = transaction.membership
            let senders = membership.devices(with: .sender).map(\.card)
            return .epoch(
                transaction.identity.makeEpoch(
                    UInt64(membership.epochs.count) + 1, for: senders,
                    using: transaction.environment))
        }
        workspace.wakeSync()
        if context.isJSON {
            await context.write(["revoked": .string(member.card.id.description)])
            return
        }
        await context.write(
            LocalizedText(
                es: "El equipo «\(member.card.name)» fue dado de baja.",
                en: "Device \"\(member.card.name)\" was revoked."))
        if member.capabilities.contains(.sender) {
            await context.write(
                LocalizedText(
                    es: "Podía abrir las contraseñas SMTP: cámbielas en su proveedor y aquí con "
                        + "«syncmail account add».",
                    en: "It could open the SMTP passwords: change them at your provider and here "
                        + "with 'syncmail account add'."))
        }
    }
}
