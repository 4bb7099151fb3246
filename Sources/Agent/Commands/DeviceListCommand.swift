import SyncCore

/// `syncmail device list`: shows who belongs.
struct DeviceListCommand: Command {
    static let name = "device list"
    static let summary = LocalizedText(
        es: "Ver los equipos de la organización.", en: "Show the organisation's devices.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let workspace = try await OutboxAccess(of: context).workspace
        let own = workspace.replica.identity.id
        let devices = try await workspace.replica.read { $0.membership.devices }
        if context.isJSON {
            await context.write(.array(devices.map { Self.json($0, own: own) }))
            return
        }
        var table = Table(
            [
                .words(es: "Equipo", en: "Device"), .words(es: "Nombre", en: "Name"),
                .words(es: "Sucursal", en: "Branch"), .words(es: "Puede", en: "May"),
                .words(es: "Estado", en: "State"),
            ], empty: LocalizedText(es: "No hay equipos.", en: "There are no devices."))
        for device in devices {
            let state = Self.state(of: device).text(in: context.language)
            let mark = device.card.id == own ? " *" : ""
            table.add([
                device.card.id.description, device.card.name + mark, device.branch.text,
                device.capabilities.text.text(in: context.language), state,
            ])
        }
        await context.write(table)
    }

    private static func json(_ device: Membership.Device, own: DeviceID) -> JSONValue {
        [
            "id": .string(device.card.id.description), "name": .string(device.card.name),
            "branch": .string(device.branch.text),
            "capabilities": device.capabilities.json,
            "awaiting": device.awaiting.json,
            "active": .boolean(device.isActive), "self": .boolean(device.card.id == own),
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
