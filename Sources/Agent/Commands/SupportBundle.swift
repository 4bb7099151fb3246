import Outbox
import SyncCore

/// Everything that helps to help, in one document of JSON, without secrets, mails and addresses.
///
/// It is text, so whoever sends it can read first what it says.
struct SupportBundle: Sendable {
    /// How many lines of the log are added.
    private static let logLines = 200

    /// Gathers it.
    ///
    /// - Parameters:
    ///   - storage: What the examination of the storage found.
    ///   - report: What the examination of the network found.
    ///   - context: Where the command runs.
    /// - Returns: The document.
    /// - Throws: ``StorageError``.
    static func json(
        storage: StorageExamination?, report: IncidentReport?, in context: CommandContext
    ) async throws -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("syncmail", .string(Product.version)),
            ("created", .string(context.engine.environment.now().description)),
        ]
        if let storage { members.append(("storage", .members(storage.members(in: .english)))) }
        if let report {
            members.append(("incident", report.json))
            members.append(("network", report.examination.json(in: .english)))
        }
        if let workspace = try? context.engine.workspace() {
            let replica = workspace.replica
            let (accounts, alarms) = try await replica.read { transaction in
                (
                    try AccountView.all(in: transaction).map(\.json),
                    try AlarmStore(transaction.connection).all()
                )
            }
            let log = try await LogPages(replica: replica).read(LogFilter(), limit: logLines)
            members.append(("accounts", .array(accounts)))
            members.append(("alarms", .array(alarms.map(\.json))))
            members.append(("log", .array(log.map(\.json))))
        }
        return JSONValue.members(members).withoutAddresses
    }
}

extension JSONValue {
    /// The value with the name before each `@` masked, in every text.
    var withoutAddresses: JSONValue {
        switch self {
        case .string(let text): .string(text.withoutAddresses)
        case .array(let values): .array(values.map(\.withoutAddresses))
        case .object(let members):
            .members(members.pairs.map { ($0.key, $0.value.withoutAddresses) })
        case .null, .boolean, .integer: self
        }
    }
}

extension String {
    /// The text with the name before each `@` masked.
    ///
    /// What may stand before one is masked whole, quoted names included, so too much rather
    /// than too little.
    fileprivate var withoutAddresses: String {
        let parts = split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return self }
        let ends: Set<Character> = [
            " ", "<", ">", "(", ")", "[", "]", ",", ";", ":", "/", "«", "“",
        ]
        var shown = ""
        for (index, part) in parts.enumerated() {
            guard index + 1 < parts.count else {
                shown += part
                continue
            }
            let end = part.lastIndex(where: ends.contains).map { part.index(after: $0) }
            shown += part[..<(end ?? part.startIndex)] + "***@"
        }
        return shown
    }
}
