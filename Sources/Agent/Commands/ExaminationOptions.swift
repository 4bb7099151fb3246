import Outbox
import SyncCore

/// Which servers `doctor` and `doctor ports` look at, and how, as it is typed.
struct ExaminationOptions: Sendable {
    static let help: [OptionHelp] = [
        .option(
            "route", "PORT/MODE", isRepeatable: true,
            es: "Puerto y cifrado que se prueban: 465/implicit o 587/starttls.",
            en: "A port and encryption to try: 465/implicit or 587/starttls."),
        AuthorityOption.help,
        .option(
            "page", "URL",
            es: "Página que debe responder 204 y dice si la web está abierta; «no» no pregunta.",
            en: "A page that must answer 204, which tells if the web is open; “no” asks none."),
    ]

    /// The server of the customers' own check, for a machine that knows no other.
    private static let hostOfLastResort = "smtp.gmail.com"
    /// The page of the web for a machine without a hub; it is told nothing.
    private static let publicPage = "http://connectivitycheck.gstatic.com/generate_204"
    private static let hubPage = "/generate_204"
    private static let hostsMaximum = 16

    let hosts: [ServerName]
    private let routes: [AccountRoute]?
    private let authority: AuthorityOption
    private let page: String?

    /// Looks at the servers of the accounts.
    init() {
        (hosts, routes, authority, page) = ([], nil, AuthorityOption(), nil)
    }

    init(reading arguments: inout Arguments) throws(UsageError) {
        routes = try arguments.routes()
        authority = try AuthorityOption(reading: &arguments)
        page = try arguments.option("page")
        var hosts: [ServerName] = []
        for word in arguments.operands() {
            guard let host = ServerName(word) else {
                throw arguments.error(
                    es: "«\(word)» no es el nombre de un servidor, como smtp.empresa.com.",
                    en: "“\(word)” is not the name of a server, such as smtp.company.com.")
            }
            hosts.append(host)
        }
        guard hosts.count <= Self.hostsMaximum else {
            throw arguments.error(
                es: "Se examinan hasta \(Self.hostsMaximum) servidores a la vez.",
                en: "At most \(Self.hostsMaximum) servers are examined at once.")
        }
        self.hosts = hosts
    }

    /// What to look at.
    ///
    /// The servers that were typed, or else those of the organisation's accounts.
    ///
    /// - Parameters:
    ///   - accounts: The accounts of this device's replica, if it has one.
    ///   - hub: Where the hub is, if there is one.
    ///   - usual: The ways to a server that nothing is known of.
    /// - Returns: The servers, each with its ways, and the page to ask for.
    func plan(
        accounts: [DirectoryAccount], hub: String?, usual: (ServerName) -> [Route]
    ) -> ExaminationPlan {
        var targets: [ExaminationPlan.Target] = []
        func add(_ host: ServerName, _ known: [AccountRoute]) {
            let ways = (routes ?? known).compactMap { $0.route(to: host.text) }
            let all = ways.isEmpty ? usual(host) : ways
            if let index = targets.firstIndex(where: { $0.host == host }) {
                targets[index].routes += all.filter { !targets[index].routes.contains($0) }
            } else if targets.count < Self.hostsMaximum {
                targets.append(.init(host: host, routes: all))
            }
        }
        for host in hosts { add(host, Provider.serving(host)?.routes ?? []) }
        if hosts.isEmpty {
            for account in accounts where account.state == .active {
                guard let host = account.host.flatMap({ ServerName($0) }) else { continue }
                add(host, account.routes)
            }
        }
        if targets.isEmpty, let host = ServerName(Self.hostOfLastResort) { add(host, []) }
        return ExaminationPlan(servers: targets, page: pageToAsk(hub))
    }

    private func pageToAsk(_ hub: String?) -> String? {
        switch page {
        case "no"?: nil
        case let page?: page
        case nil: hub.map { $0 + Self.hubPage } ?? Self.publicPage
        }
    }

    /// What looks, over the real network.
    ///
    /// It trusts the authority that was typed and those of the accounts, beside the system's.
    func examiner(in context: CommandContext, known: KnownServers) async throws -> NetworkExaminer {
        let greeting =
            known.domain ?? MailDomain(HostName.current) ?? MailDomain("equipo.localdomain")
        guard let greeting else { preconditionFailure("The last name is one.") }
        var settings = ConnectionSettings(ehloName: greeting)
        var authorities = known.accounts.compactMap(\.authority)
        if let pem = try await authority.read(in: context) { authorities.append(pem) }
        if !authorities.isEmpty {
            settings.authorityFile = try AuthorityFiles(directory: context.engine.home)
                .file(for: authorities.joined(separator: "\n"))
        }
        return NetworkExaminer(
            settings: settings, hasRoute: NetworkFiles.fingerprint != .none,
            proxy: Environment.proxy(), environment: context.engine.environment)
    }
}
