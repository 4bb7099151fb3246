import Outbox
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
        workspace.membershipChanged()
        workspace.wakeSync()
        try await Self.tell(of: member, in: workspace, context)
    }

    /// Says that a device was revoked, and which passwords must be changed for that.
    static func tell(
        of member: Membership.Device, in workspace: Workspace, _ context: CommandContext
    ) async throws {
        let (exposures, membership) = try await workspace.replica.read { transaction in
            let exposed = try transaction.exposedSecrets()
            return (
                exposed.filter { $0.devices.contains(member.card.id) }, transaction.membership
            )
        }
        if context.isJSON {
            await context.write([
                "revoked": .string(member.card.id.description),
                "secrets_to_change": ExposureView.json(exposures),
            ])
            return
        }
        await context.write(
            LocalizedText(
                es: "El equipo «\(member.card.name)» fue dado de baja. Si vuelve a conectarse, lo "
                    + "que tenía en cola queda en cuarentena: «syncmail quarantine list».",
                en: "Device \"\(member.card.name)\" was revoked. If it connects again, what it "
                    + "had queued goes into quarantine: 'syncmail quarantine list'."))
        for line in ExposureView.lines(exposures, in: membership) { await context.write(line) }
    }
}
