import Outbox
import SyncCore

/// `syncmail join`: brings this device into an organisation.
struct JoinCommand: Command {
    static let name = "join"
    static let summary = LocalizedText(
        es: "Unir este equipo a una organización.", en: "Join this device to an organisation.")
    static let operands = "TOKEN"
    static let options: [OptionHelp] =
        [
            .option("name", "NAME", es: "Nombre de este equipo.", en: "The name of this device."),
            AuthorityOption.help,
        ] + ProxyOption.help

    let token: String
    let device: DeviceName
    let authority: AuthorityOption
    let proxy: ProxyOption?

    init(reading arguments: inout Arguments) throws(UsageError) {
        authority = try AuthorityOption(reading: &arguments)
        proxy = try ProxyOption.read(&arguments)
        device = try DeviceName(reading: &arguments)
        token = try arguments.operand("TOKEN")
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let token = try TokenText.read(token, prefix: JoinToken.prefix, as: JoinToken.self)
        let pem = try await authority.read(in: context)
        let proxy = try await proxy?.entry(in: context)
        let (organisation, id, awaiting) = try await context.engine.makeWorkspace(
            name: device.text
        ) { workspace in
            if let proxy { try await workspace.setProxy(proxy, everywhere: false) }
            let channel = try await workspace.channel(
                to: token.hub, of: token.organisation, authority: pem)
            try await Joining(replica: workspace.replica, token: token, channel: channel).join()
            try await workspace.setAuthority(pem)
            return try await workspace.replica.read { transaction in
                let id = transaction.identity.id
                let awaiting = transaction.membership.device(id)?.awaiting ?? []
                return (transaction.membership.name, id, awaiting)
            }
        }
        if context.isJSON {
            let checked = await PortCheck.run(in: context)
            await context.write([
                "organisation": .string(organisation), "device": .string(id.description),
                "awaiting": awaiting.json,
                "network": checked?.json(in: context.language) ?? .null,
            ])
            return
        }
        await context.write(
            LocalizedText(
                es: "Este equipo ya pertenece a «\(organisation)» y puede poner correo en cola.",
                en: "This device now belongs to \"\(organisation)\" and can queue mail."))
        if !awaiting.isEmpty {
            await context.write(
                LocalizedText(
                    es: "Falta que un administrador apruebe: \(awaiting.text.es). Orden: "
                        + "«syncmail device approve \(id)».",
                    en: "An administrator still has to approve: \(awaiting.text.en). Command: "
                        + "'syncmail device approve \(id)'."))
        }
        for server in await PortCheck.run(in: context)?.seen.servers ?? [] {
            await PortLines.show(server, in: context)
        }
    }
}
