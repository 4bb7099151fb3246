import Outbox
import SyncCore

/// `syncmail status`: shows how this device stands.
struct StatusCommand: Command {
    static let name = "status"
    static let summary = LocalizedText(
        es: "Ver el estado de este equipo.", en: "Show how this device stands.")

    init(reading arguments: inout Arguments) throws(UsageError) {
        try arguments.finish()
    }

    private struct Facts: Sendable {
        let organisation: String
        let device: DeviceID
        let name: String
        let branch: String
        let capabilities: Set<Capability>
        let hub: String?
        let conflicts: Int
        let alarms: [Alarm]
        let digests: [StateDigest]
        let gaps: [MissingRecords]
        let unknown: [UnknownRecords]
        let life: LifeView?
        let waiting: WaitingMail
        let membership: Membership
        let exposures: [SecretExposure]
        let now: Timestamp

        var isRevoked: Bool { membership.device(device).map { !$0.isActive } ?? false }
    }

    func run(in context: CommandContext) async throws {
        let workspace: Workspace
        do {
            workspace = try await OutboxAccess(of: context).workspace
        } catch let error as StorageError {
            // While the replica answers nobody, this is what can be told, and to whom.
            try await tellStopped(in: context)
            throw error
        }
        let sync = try await workspace.driver()?.status
        let facts = try await workspace.replica.read { transaction in
            let own = transaction.membership.device(transaction.identity.id)
            return Facts(
                organisation: transaction.membership.name, device: transaction.identity.id,
                name: transaction.identity.name, branch: own?.branch.text ?? "",
                capabilities: own?.capabilities ?? [],
                hub: transaction.membership.hub?.url,
                conflicts: try ConflictSearch(transaction).all().count,
                alarms: try AlarmStore(transaction.connection).all()
                    + transaction.directory.alarms(),
                digests: try transaction.stateDigests(),
                gaps: try MissingRecords.all(in: transaction),
                unknown: try UnknownRecords.all(in: transaction), life: try LifeView(transaction),
                waiting: try transaction.outbox.waiting(),
                membership: transaction.membership,
                exposures: try transaction.exposedSecrets(),
                now: transaction.environment.now())
        }
        let storage = try await StorageView.read(workspace.replica)
        if context.isJSON {
            await context.write(json(facts, sync, storage, in: context.language))
            return
        }
        for line in lines(facts, sync, in: context.language) + storage.lines {
            await context.write(line)
        }
    }

    private func tellStopped(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let storage = StorageView(of: try context.engine.workspace().replica)
        if context.isJSON {
            await context.write(["storage": storage.json])
        } else {
            for line in storage.lines { await context.write(line) }
        }
    }

    private func json(
        _ facts: Facts, _ sync: SyncStatus?, _ storage: StorageView, in language: Language
    ) -> JSONValue {
        [
            "organisation": .string(facts.organisation),
            "device": .string(facts.device.description), "name": .string(facts.name),
            "branch": .string(facts.branch),
            "capabilities": facts.capabilities.json,
            "hub": .optional(facts.hub), "online": .boolean(sync?.isOnline ?? false),
            "poll": Self.json(sync?.poll),
            "last_sync": .optional(sync?.lastSuccess?.description),
            "sync_failure": .optional(sync?.lastFailure?.text(in: language)),
            "life": facts.life?.json ?? .null,
            "waiting": .integer(Int64(facts.waiting.count)),
            "oldest_waiting": .optional(facts.waiting.oldest?.description),
            "undecided": .integer(Int64(facts.waiting.undecidedCount)),
            "revoked": .boolean(facts.isRevoked),
            "secrets_to_change": ExposureView.json(facts.exposures),
            "conflicts": .integer(Int64(facts.conflicts)),
            "digests": Self.json(facts.digests),
            "hub_digests": Self.json(sync?.hubDigests ?? []),
            "alarms": .array(facts.alarms.map(\.json)),
            "missing": .array(facts.gaps.map(\.json)),
            "unknown_records": .array(facts.unknown.map(\.json)),
            "storage": storage.json,
        ]
    }

    private static func json(_ poll: PollPlan?) -> JSONValue {
        guard let poll else { return .null }
        return [
            "held": .boolean(!poll.isPlain),
            "hold_ms": .integer(poll.isPlain ? 0 : poll.hold.milliseconds),
        ]
    }

    private static func json(_ digests: [StateDigest]) -> JSONValue {
        var members: JSONValue.KeyValuePairs = [:]
        for digest in digests {
            members.append(digest.name, .string(digest.digest.description))
        }
        return .object(members)
    }

    private func lines(
        _ facts: Facts, _ sync: SyncStatus?, in language: Language
    ) -> [LocalizedText] {
        let may = facts.capabilities.text
        var lines = [
            LocalizedText(
                es: "Organización: \(facts.organisation)",
                en: "Organisation: \(facts.organisation)"),
            LocalizedText(
                es: "Equipo: \(facts.name) (\(facts.device)), sucursal \(facts.branch)",
                en: "Device: \(facts.name) (\(facts.device)), branch \(facts.branch)"),
            LocalizedText(es: "Puede: \(may.es)", en: "May: \(may.en)"),
            Self.hubLine(facts.hub, sync),
        ]
        lines += facts.waiting.lines
        if let line = facts.life?.line(at: facts.now) { lines.append(line) }
        if facts.isRevoked {
            lines.append(
                LocalizedText(
                    es: "ESTE EQUIPO FUE DADO DE BAJA: ya no envía ni recibe. Lo que tenía en cola "
                        + "se entrega una vez al servidor, y un administrador decide.",
                    en: "THIS DEVICE WAS REVOKED: it sends and receives no more. What it had "
                        + "queued is handed to the hub once, and an administrator decides."))
        }
        lines += ExposureView.lines(facts.exposures, in: facts.membership)
        if facts.conflicts > 0 {
            let isAdmin = facts.capabilities.contains(.admin)
            let who =
                isAdmin
                ? LocalizedText(es: "Conflictos por resolver", en: "Conflicts to settle")
                : LocalizedText(
                    es: "Conflictos que debe resolver un administrador",
                    en: "Conflicts that an administrator has to settle")
            lines.append(
                LocalizedText(
                    es: "\(who.es): \(facts.conflicts) («syncmail config conflicts»)",
                    en: "\(who.en): \(facts.conflicts) ('syncmail config conflicts')"))
        }
        lines += facts.gaps.map(\.line)
        if let line = UnknownRecords.line(facts.unknown) { lines.append(line) }
        for alarm in facts.alarms {
            lines.append(
                LocalizedText(
                    es: "ALARMA: \(alarm.kind.text.es) [\(alarm.subject)]",
                    en: "ALARM: \(alarm.kind.text.en) [\(alarm.subject)]"))
        }
        return lines
    }

    private static func hubLine(_ hub: String?, _ sync: SyncStatus?) -> LocalizedText {
        guard let hub else {
            return LocalizedText(es: "Servidor: ninguno", en: "Hub: none")
        }
        guard let sync, sync.lastSuccess != nil || sync.lastFailure != nil else {
            return LocalizedText(
                es: "Servidor: \(hub), conectando…", en: "Hub: \(hub), connecting…")
        }
        guard let last = sync.lastSuccess, sync.isOnline else {
            let reason = sync.lastFailure
            return LocalizedText(
                es: "Servidor: \(hub), sin conexión. \(reason?.es ?? "")",
                en: "Hub: \(hub), offline. \(reason?.en ?? "")")
        }
        return LocalizedText(
            es: "Servidor: \(hub), conectado (última vez \(last))",
            en: "Hub: \(hub), online (last \(last))")
    }
}
