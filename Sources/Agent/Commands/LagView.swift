import SyncCore

/// How far a device is behind, and who says so.
struct LagView {
    /// How long the hub may take to answer before what is known here is shown.
    private static let wait = Duration.seconds(3)

    /// What is shown where nothing is known.
    static let unknown = LocalizedText(es: "se desconoce", en: "unknown")

    private let lag: DeviceLag
    /// Whether the hub counted; otherwise it is what the device's own records tell.
    private let isOfHub: Bool

    /// What is known of every device.
    ///
    /// The hub knows best. Where it does not answer, or tells only of the device that asks, the
    /// signed records of the others say the most that each can lack.
    static func all(in workspace: Workspace) async throws -> [DeviceID: LagView] {
        let known = try await workspace.replica.read { transaction in
            try transaction.membership.devices.filter(\.isActive).compactMap {
                try transaction.recordedLag(of: $0)
            }
        }
        let counted = await fromHub(of: workspace)
        let views =
            known.map { LagView(lag: $0, isOfHub: false) }
            // A device that the hub never heard is told by its records, if there are any.
            + counted.filter { $0.heard != nil }.map { LagView(lag: $0, isOfHub: true) }
        return Dictionary(views.map { ($0.lag.device, $0) }) { $1 }
    }

    private static func fromHub(of workspace: Workspace) async -> [DeviceLag] {
        do {
            guard let channel = try await workspace.channel(),
                case .lags(let lags) = try await channel.ask(.lags, within: wait)
            else { return [] }
            return lags
        } catch {
            return []  // Offline, or a hub of an earlier version: the list says what is known.
        }
    }

    /// When the device was last heard of.
    var heard: String? { lag.heard?.description }

    /// The lag, for people.
    var text: LocalizedText {
        guard lag.recordsCount > 0 else { return LocalizedText(es: "al día", en: "up to date") }
        let count =
            isOfHub ? "\(lag.recordsCount)\(lag.isAtLeast ? "+" : "")" : "≤ \(lag.recordsCount)"
        guard let since = lag.since else {
            return LocalizedText(es: "\(count) registros", en: "\(count) records")
        }
        return LocalizedText(
            es: "\(count) registros desde \(since)", en: "\(count) records since \(since)")
    }

    /// The lag, for programs.
    var json: JSONValue {
        [
            "records": .integer(Int64(clamping: lag.recordsCount)),
            "since": .optional(lag.since?.description),
            "heard": .optional(lag.heard?.description),
            "at_least": .boolean(lag.isAtLeast),
            "according_to": .string(isOfHub ? "hub" : "records"),
        ]
    }
}
