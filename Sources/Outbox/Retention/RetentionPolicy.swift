package import SyncCore

/// How long the contents of mails are kept on the device that queued them, once nothing is left
/// to do for any recipient.
///
/// The log stays for ever: what was sent, when, to whom and with what result. Only what the
/// mail said is erased. `mail/retention` holds the days for every mail, `mail/retention/TYPE`
/// those for mails of one type; a type whose name no field can have goes by the first.
package struct RetentionPolicy: Hashable, Sendable {
    /// How many days contents are kept where nothing was set.
    package static let daysDefault = 90
    /// The most days that can be asked for: a hundred years, which is for good.
    package static let daysMaximum: Int64 = 36_500

    package static let path = RegisterPath("mail", "retention")

    /// Days for mails of any type.
    package var days = RetentionPolicy.daysDefault
    /// Days for mails of one type.
    package var daysByType: [String: Int] = [:]

    package init() {}

    /// Reads the configuration; a field that holds no days is passed over.
    package init(_ config: ConfigStore) throws {
        self.init()
        if let days = Self.days(in: try config.register(Self.path)) { self.days = days }
        for register in try config.registers(below: Self.path.text) {
            guard let type = register.path.parts.last, let days = Self.days(in: register) else {
                continue
            }
            daysByType[type] = days
        }
    }

    /// Whether the contents of a mail have been kept long enough.
    ///
    /// - Parameters:
    ///   - type: The mail's type.
    ///   - end: When something last happened to it.
    ///   - now: Wall time.
    /// - Returns: Whether their time is over.
    package func isOver(type: String, since end: Timestamp, at now: Timestamp) -> Bool {
        end.advanced(by: .seconds(86_400 * (daysByType[type] ?? days))) <= now
    }

    /// Before when a mail must have been queued for its contents to have been kept long enough,
    /// whatever its type.
    package func queuedBefore(_ now: Timestamp) -> Timestamp {
        let shortest = daysByType.values.reduce(days, min)
        return now.advanced(by: .seconds(-86_400 * shortest))
    }

    private static func days(in register: Register) -> Int? {
        register.value.integer.flatMap { (1...daysMaximum).contains($0) ? Int($0) : nil }
    }
}
