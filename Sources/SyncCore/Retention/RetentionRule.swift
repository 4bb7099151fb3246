/// How many days the organisation keeps the contents of records.
///
/// `audit/retention` holds the days for the log: without it, the log is kept for good. For what
/// devices offered of their mails, `mail/retention` and the longest `mail/retention/TYPE` decide,
/// if the first is set.
package struct RetentionRule {
    /// The field for the log.
    package static let auditPath = RegisterPath("audit", "retention")
    /// The field for mails, and the beginning of those for one type each.
    package static let mailPath = RegisterPath("mail", "retention")
    /// The most days that can be asked for.
    package static let daysMaximum: Int64 = 36_500

    private let config: ConfigStore

    package init(_ config: ConfigStore) {
        self.config = config
    }

    /// For how many days contents of a topic are kept; nothing where they are kept for good, or
    /// where people disagree.
    package func days(of topic: Topic) throws -> Int? {
        switch topic {
        case .config: return nil
        case .audit: return Self.days(in: try config.register(Self.auditPath))
        case .mail:
            guard let days = Self.days(in: try config.register(Self.mailPath)) else { return nil }
            let types = try config.registers(below: Self.mailPath.text)
            guard types.allSatisfy({ $0.entries.count <= 1 }) else { return nil }
            return types.compactMap(Self.days).reduce(days, max)
        }
    }

    private static func days(in register: Register) -> Int? {
        guard register.entries.count == 1, let days = register.value.integer,
            (1...daysMaximum).contains(days)
        else { return nil }
        return max(Int(days), RetentionCut.daysMinimum)
    }
}
