import Outbox
import SyncCore

/// `syncmail device approve`: lets a device do what its invitation promised.
struct DeviceApproveCommand: Command {
    static let name = "device approve"
    static let summary = LocalizedText(
        es: "Aprobar lo que un equipo pidió poder hacer.",
        en: "Approve what a device asked to be allowed.")
    static let operands = "DEVICE"
    static let options: [OptionHelp] = [
        .option(
            "capability", "admin|sender|auditor", isRepeatable: true,
            es: "Permitir exactamente esto, en lugar de lo que decía la invitación.",
            en: "Allow exactly this instead of what the invitation said.")
    ]

    let device: DeviceReference
    let capabilities: [Capability]

    init(reading arguments: inout Arguments) throws(UsageError) {
        capabilities = try CapabilityOption.read(&arguments)
        device = DeviceReference(text: try arguments.operand("DEVICE"))
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        // The device may have joined a moment ago.
        try await workspace.driver()?.synchronise()
        let device = device
        let chosen = Set(capabilities)
        try await MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel()
        ).make { transaction in
            let membership = transaction.membership
            let member = try device.find(in: membership)
            let granted = chosen.isEmpty ? member.capabilities.union(member.awaiting) : chosen
            return .grant(
                device: member.card.id, capabilities: granted.sorted(),
                keys: granted.contains(.sender)
                    ? transaction.identity.epochKeys(for: member.card, in: membership) : [])
        }
        let member = try await workspace.replica.read { try device.find(in: $0.membership) }
        let closed = try await SecretHandover(replica: workspace.replica).run(by: "agent")
        workspace.membershipChanged()
        workspace.wakeSync()
        if context.isJSON {
            await context.write([
                "device": .string(member.card.id.description),
                "capabilities": member.capabilities.json,
                "secrets_missing": .array(closed.map { .string($0.text) }),
            ])
        } else {
            let may = member.capabilities.text
            await context.write(
                LocalizedText(
                    es: "El equipo «\(member.card.name)» puede ahora: \(may.es).",
                    en: "Device \"\(member.card.name)\" may now: \(may.en)."))
            await Self.tellMissing(closed, in: context)
        }
    }

    /// Tells which passwords nobody could hand over from here.
    static func tellMissing(_ accounts: [AccountID], in context: CommandContext) async {
        guard !accounts.isEmpty else { return }
        let list = accounts.map(\.text).joined(separator: ", ")
        await context.write(
            LocalizedText(
                es: "Este equipo no puede abrir la contraseña de: \(list). Ejecute la aprobación "
                    + "también en un equipo que envíe con ellas.",
                en: "This device cannot open the password of: \(list). Run the approval on a "
                    + "device that sends with them too."))
    }
}

/// A device as a person names it: by its identifier, the beginning of it, or its name.
struct DeviceReference: Sendable {
    let text: String

    func find(in membership: Membership) throws -> Membership.Device {
        let matches = membership.devices.filter { device in
            device.card.name == text
                || (text.count >= 4 && device.card.id.description.hasPrefix(text))
        }
        guard let match = matches.first, matches.count == 1 else {
            throw MembershipError(.unknown)
        }
        return match
    }
}
