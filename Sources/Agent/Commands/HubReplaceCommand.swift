import SyncCore

/// `syncmail hub replace`: signs another hub into membership in the place of the present one.
struct HubReplaceCommand: Command {
    static let name = "hub replace"
    static let summary = LocalizedText(
        es: "Poner otro servidor en el lugar del actual.",
        en: "Put another hub in the place of the present one.")
    static let operands = "TOKEN"
    static let options: [OptionHelp] = [
        .flag(
            "lost", es: "El servidor actual se perdió y no volverá.",
            en: "The present hub is lost and never comes back."),
        AuthorityOption.help,
    ]

    private static let replyWait = Duration.seconds(30)

    let token: String
    let isLost: Bool
    let authority: AuthorityOption

    init(reading arguments: inout Arguments) throws(UsageError) {
        isLost = try arguments.flag("lost")
        authority = try AuthorityOption(reading: &arguments)
        token = try arguments.operand("TOKEN")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let hub = try TokenText.read(token, prefix: HubToken.prefix, as: HubToken.self).hub
        let pem = try await authority.read(in: context)
        guard let old = try await workspace.channel() else { throw WorkspaceError.noHub }
        try await sign(hub, in: workspace, at: old)
        // A run that was interrupted goes on here: what is there already is passed over.
        let (chain, organisation) = try await workspace.replica.read { transaction in
            (
                try transaction.replicaStore.membershipEntries(after: 0),
                transaction.membership.organisation
            )
        }
        let channel = try await workspace.channel(to: hub, of: organisation, authority: pem)
        _ = try await channel.ask(.admit(chain), within: Self.replyWait)
        try await workspace.setAuthority(pem)
        workspace.membershipChanged()
        await context.answer(
            LocalizedText(
                es: "El servidor es ahora \(hub.url). Los demás equipos lo aprenden al "
                    + "conectarse. Lo que estaba en camino queda en duda hasta que llegue la "
                    + "evidencia o alguien decida.",
                en: "The hub is now \(hub.url). The other devices learn of it when they connect. "
                    + "What was on its way is in doubt until evidence comes or somebody decides."),
            ["hub": .string(hub.url)])
    }

    /// Has the present hub admit its successor, so that nothing else is admitted there; where it
    /// is lost, the entry is signed all the same.
    private func sign(
        _ hub: HubCard, in workspace: Workspace, at old: any HubChannel
    ) async throws {
        guard try await workspace.replica.read({ $0.membership.hub }) != hub else { return }
        guard !isLost else {
            return try await workspace.replica.write { transaction in
                try transaction.checkFork()
                try transaction.admit(transaction.nextEntry(.hub(hub)))
            }
        }
        do {
            try await MembershipWriter(replica: workspace.replica, channel: old).make { _ in
                .hub(hub)
            }
        } catch let error as TransportError {
            throw HubUnreachable(cause: error)
        }
    }
}

/// The hub whose place another one shall take does not answer.
private struct HubUnreachable: ExplainedError {
    let cause: TransportError

    var explanation: LocalizedText {
        LocalizedText(
            es: cause.explanation.es + " Si el servidor se perdió y no volverá, repita con --lost; "
                + "si no, hágalo cuando responda.",
            en: cause.explanation.en + " If the hub is lost and never comes back, repeat this with "
                + "--lost; otherwise do it when it answers.")
    }
    var exitStatus: ExitStatus { cause.exitStatus }
}
