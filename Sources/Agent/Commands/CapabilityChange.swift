import Outbox
import SyncCore

/// Gives a device capabilities or takes them away, with all that goes with it.
///
/// Whoever gets `sender` gets the keys of all epochs, and the passwords of accounts from a device
/// that can open them. When it is taken away a new epoch begins in the same step, and the
/// passwords that the device knew are listed until they were changed.
struct CapabilityChange: Sendable {
    let device: DeviceReference
    let capabilities: Set<Capability>
    let isGrant: Bool

    /// Reads a device and at least one capability.
    static func read(
        _ arguments: inout Arguments
    ) throws(UsageError) -> (DeviceReference, Set<Capability>) {
        let device = DeviceReference(text: try arguments.operand("DEVICE"))
        var capabilities: Set<Capability> = []
        for name in arguments.operands() {
            guard let capability = Capability(name: name) else {
                throw arguments.error(
                    es: "Un permiso es admin, sender o auditor.",
                    en: "A capability is admin, sender or auditor.")
            }
            capabilities.insert(capability)
        }
        guard !capabilities.isEmpty else {
            throw arguments.error(
                es: "Falta el permiso: admin, sender o auditor.",
                en: "The capability is missing: admin, sender or auditor.")
        }
        try arguments.finish()
        return (device, capabilities)
    }

    /// Makes the change, and tells what follows from it.
    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        try await workspace.driver()?.synchronise()
        let (device, capabilities, isGrant) = (device, capabilities, isGrant)
        try await MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel()
        ).add { draft, transaction in
            let member = try device.find(in: draft.membership)
            let next =
                isGrant
                ? member.capabilities.union(capabilities)
                : member.capabilities.subtracting(capabilities)
            // Repeated: there is nothing left to do.
            guard next != member.capabilities else { return }
            let isNewSender = next.contains(.sender) && !member.capabilities.contains(.sender)
            let keys =
                isNewSender
                ? transaction.identity.epochKeys(for: member.card, in: draft.membership) : []
            try draft.add(
                .grant(device: member.card.id, capabilities: next.sorted(), keys: keys))
            // An administrator that may not send itself has no keys to give: what is sealed from
            // now on the new sender can open.
            if isNewSender, keys.isEmpty { try draft.addEpoch() }
            if member.capabilities.contains(.sender), !next.contains(.sender) {
                try draft.addEpoch()
            }
        }
        let closed = try await SecretHandover(replica: workspace.replica).run(by: "agent")
        workspace.membershipChanged()
        workspace.wakeSync()
        try await tell(closed, in: workspace, context)
    }

    private func tell(
        _ closed: [AccountID], in workspace: Workspace, _ context: CommandContext
    ) async throws {
        let device = device
        let (member, exposures, membership) = try await workspace.replica.read { transaction in
            let member = try device.find(in: transaction.membership)
            return (
                member,
                try transaction.exposedSecrets().filter { $0.devices.contains(member.card.id) },
                transaction.membership
            )
        }
        if context.isJSON {
            await context.write([
                "device": .string(member.card.id.description),
                "capabilities": member.capabilities.json,
                "secrets_missing": .array(closed.map { .string($0.text) }),
                "secrets_to_change": ExposureView.json(exposures),
            ])
            return
        }
        let may = member.capabilities.text
        await context.write(
            LocalizedText(
                es: "El equipo «\(member.card.name)» puede ahora: \(may.es).",
                en: "Device \"\(member.card.name)\" may now: \(may.en)."))
        if isGrant, capabilities.contains(.sender) {
            await DeviceApproveCommand.tellMissing(closed, in: context)
        }
        for line in ExposureView.lines(exposures, in: membership) { await context.write(line) }
    }
}
