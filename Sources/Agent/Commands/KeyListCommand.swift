import SyncCore

/// `syncmail key list`: shows what opens this device's replica.
///
/// It works on a replica that is locked, too: that is when somebody wants to know.
struct KeyListCommand: Command {
    static let name = "key list"
    static let summary = LocalizedText(
        es: "Ver qué abre la réplica de este equipo.", en: "Show what opens this device's replica.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        if context.engine.lock == nil { _ = try context.engine.workspace() }
        let slots = try context.engine.keys.slots()
        var table = Table(
            [
                .numbers(es: "Ranura", en: "Slot"), .words(es: "Se abre con", en: "Opens with"),
                .whole(es: "Creada", en: "Made"),
            ],
            empty: LocalizedText(es: "No hay ranuras.", en: "There are no slots."))
        for slot in slots {
            table.add([
                String(slot.number),
                slot.kind.text(isThisMachine: slot.isThisMachine)
                    .text(in: context.language),
                slot.made?.description ?? "—",
            ])
        }
        await context.answer(table, slots.map(\.json))
    }
}
