import SyncCore

/// `syncmail device grant`: lets a device do more.
struct DeviceGrantCommand: Command {
    static let name = "device grant"
    static let summary = LocalizedText(
        es: "Dar a un equipo más permisos.", en: "Let a device do more.")
    static let operands = "DEVICE admin|sender|auditor..."

    let device: DeviceReference
    let capabilities: Set<Capability>

    init(reading arguments: inout Arguments) throws(UsageError) {
        (device, capabilities) = try CapabilityChange.read(&arguments)
    }

    func run(in context: CommandContext) async throws {
        try await CapabilityChange(device: device, capabilities: capabilities, isGrant: true)
            .run(in: context)
    }
}

/// `syncmail device withdraw`: lets a device do less.
struct DeviceWithdrawCommand: Command {
    static let name = "device withdraw"
    static let summary = LocalizedText(
        es: "Quitar permisos a un equipo, que sigue en la organización.",
        en: "Let a device do less; it goes on belonging.")
    static let operands = "DEVICE admin|sender|auditor..."

    let device: DeviceReference
    let capabilities: Set<Capability>

    init(reading arguments: inout Arguments) throws(UsageError) {
        (device, capabilities) = try CapabilityChange.read(&arguments)
    }

    func run(in context: CommandContext) async throws {
        try await CapabilityChange(device: device, capabilities: capabilities, isGrant: false)
            .run(in: context)
    }
}
