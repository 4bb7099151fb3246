import SyncCore

/// `syncmail device choose-life`: says which of two copies of a device goes on.
struct DeviceChooseLifeCommand: Command {
    static let name = "device choose-life"
    static let summary = LocalizedText(
        es: "Elegir qué copia de un equipo duplicado sigue; sin LIFE, verlas.",
        en: "Choose which copy of a doubled device goes on; without LIFE, show them.")
    static let operands = "DEVICE [LIFE]"

    let device: DeviceReference
    let life: String?

    init(reading arguments: inout Arguments) throws(UsageError) {
        device = DeviceReference(text: try arguments.operand("DEVICE"))
        life = arguments.optionalOperand()
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let device = device
        let member = try await workspace.replica.read { try device.find(in: $0.membership) }
        try await workspace.driver()?.synchronise()
        let lives = try await DeviceLife.all(of: member.card.id, in: workspace.replica)
        guard let life else {
            await context.answer(DeviceLife.table(lives), lives.map(\.json))
            return
        }
        let matches = lives.filter { life.count >= 4 && $0.name.hasPrefix(life) }
        guard let chosen = matches.first, matches.count == 1 else { throw NoSuchLife(text: life) }
        let writer = MembershipWriter(
            replica: workspace.replica, channel: try await workspace.channel())
        try await writer.chooseLife(chosen.incarnation, of: member.card.id)
        workspace.wakeSync()
        await context.answer(
            LocalizedText(
                es: "Sigue la vida \(chosen.name) de «\(member.card.name)». La otra copia ya no "
                    + "puede hacer nada: apáguela.",
                en: "Life \(chosen.name) of “\(member.card.name)” goes on. The other copy can do "
                    + "nothing any more: shut it down."),
            [
                "device": .string(member.card.id.description), "life": .string(chosen.name),
            ])
    }
}

/// One life of a device, as far as it is known here.
struct DeviceLife: Sendable {
    let incarnation: Incarnation
    let recordsCount: UInt64
    let last: HybridTime?
    let isChosen: Bool

    /// What people type.
    var name: String { String(incarnation.number, radix: 16) }

    /// Every life of a device that wrote something, the one that wrote last first.
    static func all(of device: DeviceID, in replica: Replica) async throws -> [DeviceLife] {
        try await replica.read { transaction in
            let vector = try transaction.feeds.vector().filtered { $0.device == device }
            let survivor = transaction.membership.device(device)?.survivor
            let lives = try Set(vector.feeds.map(\.incarnation)).map { incarnation in
                let feeds = vector.feeds.filter { $0.incarnation == incarnation }
                return DeviceLife(
                    incarnation: incarnation,
                    recordsCount: feeds.reduce(0) { $0 + vector[$1] },
                    last: try feeds.compactMap { try transaction.feeds.lastTime(of: $0) }.max(),
                    isChosen: incarnation == survivor)
            }
            return lives.sorted {
                ($1.last ?? .zero, $1.incarnation) < ($0.last ?? .zero, $0.incarnation)
            }
        }
    }

    static func table(_ lives: [DeviceLife]) -> Table {
        var table = Table(
            [
                .words(es: "Vida", en: "Life"), .numbers(es: "Registros", en: "Records"),
                .words(es: "Último", en: "Last"), .words(es: "Elegida", en: "Chosen"),
            ],
            empty: LocalizedText(
                es: "No se conoce ningún registro de ese equipo.",
                en: "No record of that device is known here."))
        for life in lives {
            table.add([
                life.name, String(life.recordsCount), life.last?.timestamp.description ?? "—",
                life.isChosen ? "*" : "",
            ])
        }
        return table
    }

    var json: JSONValue {
        [
            "life": .string(name), "records": .integer(Int64(clamping: recordsCount)),
            "last": .optional(last?.timestamp.description), "chosen": .boolean(isChosen),
        ]
    }
}

/// No life begins with what was typed, or several do.
private struct NoSuchLife: ExplainedError {
    let text: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "Ninguna vida del equipo, o más de una, empieza con «\(text)». «syncmail device "
                + "choose-life DEVICE» las enumera.",
            en: "No life of the device, or more than one, begins with “\(text)”. 'syncmail device "
                + "choose-life DEVICE' lists them.")
    }

    var exitStatus: ExitStatus { .badData }
}
