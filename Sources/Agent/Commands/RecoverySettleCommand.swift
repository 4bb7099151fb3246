import SyncCore

/// `syncmail recovery settle`: decides which of two membership entries counts.
struct RecoverySettleCommand: Command {
    static let name = "recovery settle"
    static let summary = LocalizedText(
        es: "Decidir qué lista de miembros vale, con la clave de recuperación.",
        en: "Decide which list of members counts, with the recovery key.")
    static let options: [OptionHelp] =
        [
            .option(
                "keep", "HASH", es: "El cambio que vale; sin la opción se muestran todos.",
                en: "The change that counts; without it all are shown.")
        ] + RecoveryOption.help

    private static let replyWait = Duration.seconds(30)
    private static let hashCountMinimum = 8

    let keep: String?
    let recovery: RecoveryOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        recovery = try RecoveryOption(reading: &arguments)
        keep = try arguments.option("keep")
        try arguments.finish()
        if let keep, keep.utf8.count < Self.hashCountMinimum {
            throw arguments.error(
                es: "--keep necesita al menos \(Self.hashCountMinimum) caracteres del cambio.",
                en: "--keep needs at least \(Self.hashCountMinimum) characters of the change.")
        }
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let forks = try await workspace.replica.read { try Self.forks($0) }
        guard let keep else { return await show(forks, in: context) }
        guard let fork = forks.first(where: { $0.find(keep) != nil }), let kept = fork.find(keep)
        else { throw MembershipError(.unknown) }
        let key = try await recovery.key(in: workspace, context)
        let chain = try await chain(keeping: kept, of: fork, key, in: workspace)
        try await workspace.replica.write { _ = try $0.reconcile(chain) }
        if let channel = try await workspace.channel() {
            do {
                _ = try await channel.ask(.showChain(chain), within: Self.replyWait)
            } catch let refusal as HubRefusal where refusal.code == .membershipForked {
                // Other forks are left; this one is decided.
            }
        }
        workspace.membershipChanged()
        workspace.wakeSync()
        await context.answer(
            LocalizedText(
                es: "Decidido: vale el cambio \(kept.hash). Los demás equipos lo siguen al "
                    + "sincronizar.",
                en: "Decided: change \(kept.hash) counts. The other devices follow when they "
                    + "synchronise."),
            ["kept": .string(kept.hash.description)])
    }

    /// Entries that exclude one another: the one in the chain here, and its rivals.
    private struct Fork: Sendable {
        let entries: [MembershipEntry]

        /// The entry that a person means.
        func find(_ typed: String) -> MembershipEntry? {
            let matches = entries.filter { $0.hash.description.hasPrefix(typed.lowercased()) }
            return matches.count == 1 ? matches[0] : nil
        }
    }

    private static func forks(_ transaction: ReplicaTransaction) throws -> [Fork] {
        let rivals = Dictionary(grouping: try transaction.rivals(), by: \.height)
        return try rivals.keys.sorted().map { height in
            let own = try transaction.replicaStore.membershipEntries(
                after: height - 1, maximum: 1)
            return Fork(entries: own + (rivals[height] ?? []))
        }
    }

    /// The chain from the fork on, with the decision at its end.
    private func chain(
        keeping kept: MembershipEntry, of fork: Fork, _ key: SigningKey, in workspace: Workspace
    ) async throws -> [MembershipEntry] {
        // What followed the entry may be known to the hub alone.
        var remote: [MembershipEntry] = []
        if let channel = try await workspace.channel(),
            case .membership(let chain) = try await channel.ask(
                .chain(after: 0), within: Self.replyWait)
        {
            remote = chain
        }
        let known = remote
        return try await workspace.replica.read { transaction in
            let stored = try transaction.replicaStore.membershipEntries(after: 0)
            let place = Int(kept.height) - 1
            let whole =
                [stored, known].first { $0.count > place && $0[place].hash == kept.hash }
                ?? Array(stored[..<place]) + [kept]
            var membership = Membership()
            for entry in whole { try membership.admit(entry) }
            var draft = MembershipDraft(
                behind: membership, by: transaction.identity, using: transaction.environment)
            for entry in fork.entries where entry.hash != kept.hash {
                try draft.add(.settled(rejected: entry.hash), signedBy: key)
            }
            return Array(whole[place...]) + draft.entries
        }
    }

    private func show(_ forks: [Fork], in context: CommandContext) async {
        let entries = forks.flatMap(\.entries)
        guard !context.isJSON else {
            return await context.write(
                .array(
                    entries.map { entry in
                        [
                            "height": .integer(Int64(entry.height)),
                            "hash": .string(entry.hash.description),
                            "change": .string(entry.change.name),
                            "author": .string(entry.author.description),
                        ]
                    }))
        }
        var table = Table(
            [
                .words(es: "Lugar", en: "Place"), .whole(es: "Cambio", en: "Change"),
                .words(es: "Qué", en: "What"), .words(es: "Quién", en: "By"),
            ],
            empty: LocalizedText(
                es: "La lista de miembros no está bifurcada.",
                en: "The list of members is not forked."))
        for entry in entries {
            table.add([
                entry.height.description, String(entry.hash.description.prefix(16)),
                entry.change.name, entry.author.description,
            ])
        }
        await context.write(table)
    }
}
