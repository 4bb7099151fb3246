import Outbox
import SyncCore

/// What `doctor ports` says of a server: one line for each port.
enum PortLines {
    /// Writes the lines of one server.
    static func show(_ server: ServerObservation, in context: CommandContext) async {
        await context.write(
            LocalizedText(
                es: "Probando conexión a \(server.host)...",
                en: "Trying a connection to \(server.host)..."))
        guard case .found = server.resolution else {
            return await context.write(
                LocalizedText(es: "❌ \(server.host): SIN DNS", en: "❌ \(server.host): NO DNS"))
        }
        for observation in server.routes {
            let (mark, word) = verdict(observation)
            let place = observation.place
            await context.write(
                LocalizedText(
                    es: "\(mark) Puerto \(place): \(word.es)",
                    en: "\(mark) Port \(place): \(word.en)"))
        }
    }

    private static func verdict(
        _ observation: RouteObservation
    ) -> (mark: String, word: LocalizedText) {
        let word =
            switch observation.failure?.cause {
            case nil: LocalizedText(es: "ABIERTO", en: "OPEN")
            case .refused: LocalizedText(es: "RECHAZADO", en: "REFUSED")
            case .intercepted: LocalizedText(es: "INTERCEPTADO", en: "INTERCEPTED")
            case .nameNotFound: LocalizedText(es: "SIN DNS", en: "NO DNS")
            case .dropped, .bannerTimeout, .tlsSilent, .unreachable, .localPolicy, .proxyRefused:
                LocalizedText(es: "BLOQUEADO", en: "BLOCKED")
            case let cause?:
                LocalizedText(
                    es: "FALLA (\(cause.name.es))", en: "FAILS (\(cause.name.en))")
            }
        return (observation.isUsable ? "✅" : "❌", word)
    }
}
