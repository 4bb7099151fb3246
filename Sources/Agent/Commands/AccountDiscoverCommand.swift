import Outbox
import SyncCore

/// `syncmail account discover`: says how an address probably sends, before an account is added.
struct AccountDiscoverCommand: Command {
    static let name = "account discover"
    static let summary = LocalizedText(
        es: "Averiguar el servidor de un correo.", en: "Find the server of an address.")
    static let operands = "ADDRESS"
    static let options: [OptionHelp] = [
        ProviderOption.help,
        .flag(
            "offline", es: "Solo lo que se sabe de antemano; sin tocar la red.",
            en: "Only what is known beforehand; the network is left alone."),
    ]

    private let address: MailAddress
    private let provider: Provider?
    private let isOffline: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        provider = try ProviderOption.read(from: &arguments)
        isOffline = try arguments.flag("offline")
        let typed = try arguments.operand("ADDRESS")
        do throws(MessageError) {
            address = try MailAddress(typed, in: .from)
        } catch {
            throw arguments.error(es: error.explanation.es, en: error.explanation.en)
        }
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        try context.engine.checkOperator(context.peer)
        let known = try await KnownServers.read(in: context)
        try await run(
            in: context,
            with: try await ExaminationOptions().examiner(in: context, known: known))
    }

    func run(in context: CommandContext, with examiner: any Examiner) async throws {
        let candidates = AccountDiscovery.candidates(for: address, at: provider)
        guard !isOffline, candidates.first?.source == .guess else {
            guard let found = candidates.first(where: { $0.source == .table }) else {
                throw UnknownServer(address: address)
            }
            return await show(found, in: context)
        }
        let plan = ExaminationPlan(
            servers: candidates.map { candidate in
                .init(
                    host: candidate.host,
                    routes: candidate.routes.compactMap { $0.route(to: candidate.host.text) })
            }, page: nil)
        let seen = try await examiner.examine(plan, progress: { _, _ in })
        let ways = Diagnosis(seen).ways
        guard let found = zip(candidates, ways).first(where: { $0.1.route != nil })?.0 else {
            throw UnknownServer(address: address)
        }
        await show(found, in: context)
    }

    private func show(_ found: AccountDiscovery, in context: CommandContext) async {
        let routes = found.routes.map { "--route \($0)" }.joined(separator: " ")
        let login = found.login == address.text ? "" : " --login \(found.login)"
        let name = found.provider?.name ?? address.domain.text
        let hint = found.provider?.signInHint.map { ("\n\($0.es)", "\n\($0.en)") } ?? ("", "")
        await context.answer(
            LocalizedText(
                es: "\(name): --host \(found.host) \(routes)\(login)\(hint.0)",
                en: "\(name): --host \(found.host) \(routes)\(login)\(hint.1)"),
            [
                "address": .string(address.text), "source": .string(found.source.rawValue),
                "provider": .optional(found.provider?.key), "host": .string(found.host.text),
                "routes": .array(found.routes.map { .string($0.description) }),
                "login": .string(found.login),
                "sign_in": .optional(found.provider?.signIn.rawValue),
                "recipients_per_day": found.provider?.recipientsPerDay
                    .map { .integer(Int64($0)) } ?? .null,
            ])
    }
}

/// The option that names who serves an address.
enum ProviderOption {
    static let help = OptionHelp.option(
        "provider", "NAME", es: "Quién sirve el correo: gmail, godaddy, microsoft-365, zoho…",
        en: "Who serves the mail: gmail, godaddy, microsoft-365, zoho…")

    static func read(from arguments: inout Arguments) throws(UsageError) -> Provider? {
        guard let typed = try arguments.option("provider") else { return nil }
        guard let provider = Provider(typed: typed) else {
            let names = Provider.all.map(\.key).joined(separator: ", ")
            throw arguments.error(
                es: "--provider debe ser uno de: \(names).",
                en: "--provider must be one of: \(names).")
        }
        return provider
    }
}

/// An address whose server could not be found.
struct UnknownServer: ExplainedError {
    let address: MailAddress
    let exitStatus = ExitStatus.unavailable

    var explanation: LocalizedText {
        LocalizedText(
            es: "No se encontró el servidor de «\(address.text)». Si sabe quién lo sirve, diga "
                + "--provider; si no, pida a su proveedor el nombre del servidor SMTP y dígalo "
                + "con --host.",
            en: "The server of “\(address.text)” was not found. If you know who serves it, say "
                + "--provider; if not, ask your provider for the name of its SMTP server and say "
                + "it with --host.")
    }
}
