import Outbox
import SyncCore

/// The check of a new device: which ports of the organisation's mail servers are open from here.
///
/// What is blocked goes into the log, so that head office sees which branch can send. Whatever
/// fails about the check itself is told and costs nothing else: the device has joined.
enum PortCheck {
    /// Checks, notes what was found, and returns it; nil if there is nothing to check, or the
    /// check itself failed.
    static func run(in context: CommandContext) async -> NetworkExamination? {
        do {
            let workspace = try context.engine.workspace()
            try await workspace.driver()?.synchronise(showing: context)
            let known = try await KnownServers.read(in: context)
            guard known.accounts.contains(where: { $0.state == .active }) else { return nil }
            return try await run(
                in: context, known: known,
                with: try await ExaminationOptions().examiner(in: context, known: known))
        } catch let error as any ExplainedError {
            await context.warn(error.explanation)
        } catch {
            // Cancelled: the person did not want to wait for it.
        }
        return nil
    }

    /// Checks with an examiner, and writes down what was found.
    static func run(
        in context: CommandContext, known: KnownServers, with examiner: any Examiner
    ) async throws -> NetworkExamination {
        let plan = ExaminationOptions().plan(
            accounts: known.accounts, hub: known.hub, usual: Route.usual(to:))
        let found = try await NetworkExamination.run(
            plan, known: known, with: examiner, in: context)
        let workspace = try context.engine.workspace()
        let reports = reports(of: found.seen, for: known.accounts)
        if try await RouteLog(replica: workspace.replica).note(reports) { workspace.wakeSync() }
        return found
    }

    /// What the log shall say: a way is open if any kind of address reaches it.
    private static func reports(
        of seen: NetworkObservations, for accounts: [DirectoryAccount]
    ) -> [RouteReport] {
        accounts.filter { $0.state == .active }.flatMap { account in
            account.routes.compactMap { way in
                let tries = seen.servers.filter { $0.host.text == account.host }
                    .flatMap(\.routes).filter { AccountRoute($0.route) == way }
                guard let best = tries.first(where: \.isUsable) ?? tries.first else { return nil }
                return RouteReport(
                    account: account.id, host: best.route.host.text, port: way.port,
                    security: best.route.security.rawValue,
                    cause: best.failure?.cause.rawValue ?? "",
                    milliseconds: Int(best.elapsed.milliseconds))
            }
        }
    }
}
