import Outbox
import SyncCore

/// What became of a decision about one delivery.
struct DecisionOutcome: Sendable {
    /// The delivery as it stood before.
    let delivery: ListedDelivery
    let answer: Result<DecisionAnswer, LedgerRefusal>

    /// Whether it was carried out or asked for.
    var isDone: Bool {
        if case .success = answer { true } else { false }
    }

    fileprivate var isRequested: Bool {
        if case .success(.requested) = answer { true } else { false }
    }

    fileprivate var text: LocalizedText {
        switch answer {
        case .success(.requested):
            LocalizedText(
                es: "solicitada; decide el servidor", en: "requested; the hub decides")
        case .success(.done(let state)): state.name
        case .failure(let refusal): refusal.explanation
        }
    }

    fileprivate var json: JSONValue {
        let id = delivery.record.delivery
        var members: [(String, JSONValue)] = [
            ("id", .string(id.message.description)),
            ("number", .integer(Int64(id.recipient + 1))),
            ("recipient", .optional(delivery.address)),
        ]
        switch answer {
        case .success(.requested): members.append(("result", "requested"))
        case .success(.done(let state)):
            members += [
                ("result", "done"), ("state", .string(state.name.es)),
                ("state_en", .string(state.name.en)),
            ]
        case .failure(let refusal):
            members += [("result", "refused"), ("reason", .string(refusal.code.rawValue))]
        }
        return .members(members)
    }
}

extension CommandContext {
    /// Writes what became of every delivery.
    func write(_ outcomes: [DecisionOutcome]) async {
        if isJSON {
            await write([
                "requested": .boolean(outcomes.contains(where: \.isRequested)),
                "deliveries": .array(outcomes.map(\.json)),
            ])
            return
        }
        var table = Table(
            [
                .whole(es: "Correo", en: "Mail"), .numbers(es: "N.º", en: "No."),
                .words(es: "Para", en: "To"), .words(es: "Resultado", en: "Result"),
            ], empty: LocalizedText(es: "Nada que hacer.", en: "Nothing to do."))
        for outcome in outcomes {
            let id = outcome.delivery.record.delivery
            table.add([
                id.message.short, String(id.recipient + 1), outcome.delivery.address ?? "—",
                outcome.text.text(in: language),
            ])
        }
        await write(table)
    }
}

extension LedgerState {
    /// The state after a decision, as people read it.
    fileprivate var name: LocalizedText {
        switch self {
        case .queued, .reserved: DeliveryState.queued.name
        case .claimed: DeliveryState.sending.name
        case .inDoubt: DeliveryState.unknown.name
        case .sent: DeliveryState.sent.name
        case .failed, .expired: DeliveryState.failed.name
        case .cancelled: DeliveryState.cancelled.name
        case .held: DeliveryState.held.name
        }
    }
}
