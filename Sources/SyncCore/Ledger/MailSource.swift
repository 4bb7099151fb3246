/// Where a mail comes from and whom it concerns, as the log of its attempts tells it.
package struct MailSource: Hashable, Sendable {
    /// The ways into the queue.
    ///
    /// The raw value stands in records; a way that only a newer version knows reads as unknown.
    package enum Way: String, Hashable, Sendable, CaseIterable {
        /// A person's `send`.
        case command
        case sendmail
        case smtp
        case http
        /// An event that a program reported.
        case event
        /// The agent itself, such as its daily summary of alerts.
        case agent

        /// The word of the column `origen_tipo`.
        package var spanish: String {
            switch self {
            case .command: "manual"
            case .sendmail: "sendmail"
            case .smtp: "smtp"
            case .http: "api"
            case .event: "evento"
            case .agent: "automático"
            }
        }
    }

    /// How the mail came in; nothing for one that an older version queued.
    package var way: Way?
    /// Whom it concerns in the organisation's own files, if the sender said so.
    package var contact: MailContact?

    package init(_ way: Way? = nil, contact: MailContact? = nil) {
        self.way = way
        self.contact = contact
    }
}

/// A person in the organisation's own files: what kind of person, and the number there.
package struct MailContact: Hashable, Sendable {
    /// The kinds of person.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case client = "cliente"
        case employee = "empleado"
        case supplier = "proveedor"
        case other = "otro"
    }

    /// How many bytes the number may have.
    package static let idByteCountMaximum = 120

    package let kind: Kind
    package let id: String

    /// Takes a kind and a number, unless the number is empty, too long or holds control characters.
    package init?(_ kind: Kind, _ id: String) {
        guard (1...Self.idByteCountMaximum).contains(id.utf8.count),
            id.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        self.kind = kind
        self.id = id
    }

    /// Reads `cliente:C-0042`.
    package init?(_ typed: String) {
        let parts = typed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        self.init(kind, String(parts[1]))
    }

    /// The kinds, for a text that lists them.
    package static let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
}

extension MailContact: CustomStringConvertible {
    package var description: String { "\(kind.rawValue):\(id)" }
}
