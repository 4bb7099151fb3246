import SyncCore

/// `syncmail proxy set`: names the proxy through which the hub is reached.
struct ProxySetCommand: Command {
    static let name = "proxy set"
    static let summary = LocalizedText(
        es: "Indicar el proxy por el que se llega al servidor.",
        en: "Name the proxy through which the hub is reached.")
    static let operands = "URL|none|environment"
    static let options: [OptionHelp] =
        ProxyOption.help.filter { $0.name != "proxy" } + [
            .flag(
                "everywhere", es: "En toda red que no tenga el suyo, no solo en esta.",
                en: "In every network that has none of its own, not only in this one.")
        ]

    /// The proxy; nil where the environment decides.
    let proxy: ProxyOption?
    let isEverywhere: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        isEverywhere = try arguments.flag("everywhere")
        // Options stand before and after the operand, and are read first.
        let user = try arguments.option("proxy-user")
        let file = try arguments.option("proxy-password-file")
        let url = try arguments.operand("URL")
        try arguments.finish()
        proxy = try ProxyOption.make(
            url == "environment" ? nil : url, user: user, passwordFile: file, arguments)
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let workspace = try context.engine.workspace()
        let entry = try await proxy?.entry(in: context)
        try await workspace.setProxy(entry, everywhere: isEverywhere)
        await context.answer(
            LocalizedText(
                es: "Proxy guardado. «syncmail status» dice si el servidor responde.",
                en: "Proxy stored. 'syncmail status' tells whether the hub answers."),
            ["proxy": .optional(proxy?.url), "everywhere": .boolean(isEverywhere)])
    }
}

/// `syncmail proxy show`: shows which proxy is used in this network.
struct ProxyShowCommand: Command {
    static let name = "proxy show"
    static let summary = LocalizedText(
        es: "Ver el proxy de esta red.", en: "Show the proxy of this network.")

    init(reading arguments: inout Arguments) throws(UsageError) { try arguments.finish() }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let entry = try await context.engine.workspace().proxy()
        let shown =
            entry.map { entry in
                entry.url.isEmpty
                    ? LocalizedText(es: "ninguno", en: "none")
                    : LocalizedText(
                        es: entry.url + (entry.user.map { ", usuario \($0)" } ?? ""),
                        en: entry.url + (entry.user.map { ", user \($0)" } ?? ""))
            } ?? LocalizedText(es: "lo que diga el entorno", en: "what the environment says")
        await context.answer(
            LocalizedText(es: "Proxy de esta red: \(shown.es)", en: "Proxy here: \(shown.en)"),
            [
                "source": .string(entry == nil ? "environment" : "stored"),
                "url": .optional(entry?.url), "user": .optional(entry?.user),
                "password_set": .boolean(entry?.password != nil),
            ])
    }
}
