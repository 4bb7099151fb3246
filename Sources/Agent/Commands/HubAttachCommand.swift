import SyncCore

/// `syncmail hub attach`: signs a hub into membership.
struct HubAttachCommand: Command {
    static let name = "hub attach"
    static let summary = LocalizedText(
        es: "Conectar la organización con su servidor.",
        en: "Attach the organisation to its hub.")
    static let operands = "TOKEN"
    static let options = [AuthorityOption.help] + ProxyOption.help

    private static let replyWait = Duration.seconds(30)

    let token: String
    let authority: AuthorityOption
    let proxy: ProxyOption?

    init(reading arguments: inout Arguments) throws(UsageError) {
        authority = try AuthorityOption(reading: &arguments)
        proxy = try ProxyOption.read(&arguments)
        token = try arguments.operand("TOKEN")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let hub = try TokenText.read(token, prefix: HubToken.prefix, as: HubToken.self).hub
        let pem = try await authority.read(in: context)
        let proxy = try await proxy?.entry(in: context)
        let (entries, organisation) = try await workspace.replica.read { transaction in
            // In the place of another one it is put by `hub replace` alone.
            guard transaction.membership.hub.map({ $0 == hub }) ?? true else {
                throw WorkspaceError.hasHub
            }
            let entry = transaction.nextEntry(.hub(hub))
            var membership = transaction.membership
            try membership.admit(entry)
            let chain = try transaction.replicaStore.membershipEntries(after: 0)
            return (chain + [entry], membership.organisation)
        }
        if let proxy { try await workspace.setProxy(proxy, everywhere: false) }
        let channel = try await workspace.channel(to: hub, of: organisation, authority: pem)
        _ = try await channel.ask(.admit(entries), within: Self.replyWait)
        try await workspace.replica.write { transaction in
            if let entry = entries.last { try transaction.admit(entry) }
        }
        try await workspace.setAuthority(pem)
        workspace.membershipChanged()
        if context.isJSON {
            await context.write(["hub": .string(hub.url)])
        } else {
            await context.write(
                LocalizedText(
                    es: "Servidor \(hub.url) conectado. Invite a los demás equipos con "
                        + "«syncmail device invite».",
                    en: "Hub \(hub.url) attached. Invite the other devices with "
                        + "'syncmail device invite'."))
        }
    }
}
