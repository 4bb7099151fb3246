import SyncCore

/// `syncmail device list`: shows who belongs, and who lags.
struct DeviceListCommand: Command {
    static let name = "device list"
    static let summary = LocalizedText(
        es: "Ver los equipos de la organización, y cuánto les falta.",
        en: "Show the organisation's devices, and how far each is behind.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let workspace = try await OutboxAccess(of: context).workspace
        let own = workspace.replica.identity.id
        let devices = try await workspace.replica.read { $0.membership.devices }
        let lags = try await LagView.all(in: workspace)
        if context.isJSON {
            await context.write(
                .array(devices.map { Self.json($0, own: own, lag: lags[$0.card.id]) }))
            return
        }
        var table = Table(
            [
                .words(es: "Equipo", en: "Device"), .words(es: "Nombre", en: "Name"),
                .words(es: "Sucursal", en: "Branch"), .words(es: "Puede", en: "May"),
                .words(es: "Estado", en: "State"), .whole(es: "Visto", en: "Heard"),
                .words(es: "Atraso", en: "Behind"),
            ], empty: LocalizedText(es: "No hay equipos.", en: "There are no devices."))
        for device in devices {
            let state = Self.state(of: device).text(in: context.language)
            let isSelf = device.card.id == own
            let lag = device.isActive && !isSelf ? lags[device.card.id] : nil
            table.add([
                device.card.id.description, device.card.name + (isSelf ? " *" : ""),
                device.branch.text, device.capabilities.text.text(in: context.language), state,
                lag?.heard ?? "—",
                device.isActive && !isSelf
                    ? (lag?.text ?? LagView.unknown).text(in: context.language) : "—",
            ])
        }
        await context.write(table)
    }

    private static func json(
        _ device: Membership.Device, own: DeviceID, lag: LagView?
    ) -> JSONValue {
        [
            "id": .string(device.card.id.description), "name": .string(device.card.name),
            "branch": .string(device.branch.text),
            "capabilities": device.capabilities.json,
            "awaiting": device.awaiting.json,
            "active": .boolean(device.isActive), "self": .boolean(device.card.id == own),
            "behind": device.isActive && device.card.id != own ? lag?.json ?? .null : .null,
        ]
    }

    private static func state(of device: Membership.Device) -> LocalizedText {
        guard device.isActive else { return LocalizedText(es: "dado de baja", en: "revoked") }
        guard device.awaiting.isEmpty else {
            let what = device.awaiting.text
            return LocalizedText(es: "falta aprobar: \(what.es)", en: "awaits: \(what.en)")
        }
        return LocalizedText(es: "activo", en: "active")
    }
}
